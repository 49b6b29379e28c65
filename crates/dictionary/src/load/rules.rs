//! Cross-field rules.

use super::lists::basis;
use super::node::{Document, Node, Quoted};
use super::resolve::{Pending, Target};
use super::{Loader, Problem};
use crate::expr::{Expr, Home, Want};
use crate::model::{FieldId, On, Rule, RuleId, Scope, Severity, Stage};
use crate::{Name, Required};

impl Loader {
    pub(super) fn rules(&mut self, document: &Document<'_>) {
        let mut root = document.root();
        for (code, node) in root.named("rule", &mut self.problems) {
            self.rule(&code, node);
        }
        root.finish(&mut self.problems);
    }

    fn rule(&mut self, code: &str, mut node: Node<'_, '_>) {
        let problems = &mut self.problems;
        let on = node.needed("on", problems);
        let severity = node.needed("severity", problems);
        let stage = node.located("stage", problems);
        let query = node.flag("query", problems);
        let fields = node.texts("fields", problems).unwrap_or_default();
        let raise = node.needed("raise", problems);
        let message = node.needed("message", problems);
        let fix = node.needed("fix", problems).text;
        let portal = node.text("portal", problems);
        let source = node.needed("source", problems).text;
        let basis = basis(&mut node, problems);
        let raises = node.needed("raises", problems).text;
        let passes = node.needed("passes", problems).text;
        let Ok(place) = u16::try_from(self.dictionary.rules.len()) else { return };
        let id = RuleId(place);
        // replaced once every name is known
        let home = Home::Scope(Scope::Run);
        let Ok(never) = Expr::compile("false", &self.dictionary, home, Want::Bool) else { return };
        let rule = Rule {
            id,
            code: code.to_owned(),
            on: self.on(&node, &on),
            severity: self.severity(&node, &severity),
            stage: self.stage(&node, stage.as_ref()),
            query,
            fields: self.fields(&node, &fields),
            raise: never,
            message: message.text.clone(),
            fix,
            portal,
            source,
            basis,
            raises,
            passes,
        };
        self.check_rule(&node, &rule, &message);
        self.pending.push(Pending::new(&node, Target::Rule(id), &raise));
        node.finish(&mut self.problems);
        self.dictionary.rules.push(rule);
    }

    fn check_rule(&mut self, node: &Node<'_, '_>, rule: &Rule, message: &Quoted) {
        let code = &rule.code;
        let shaped = code.len() >= 4
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        if !shaped {
            self.problems.push(node.problem(node.at, "a rule's code is a letter and digits"));
        }
        if self.dictionary.rules.iter().any(|other| other.code == *code) {
            self.problems.push(node.problem(node.at, format!("rule `{code}` stands twice")));
        }
        if rule.query && rule.severity == Severity::Hard {
            let text = "only a soft rule raises a query: a hard one refuses the signature";
            self.problems.push(node.problem(node.at, text));
        }
        if rule.fields.is_empty() {
            self.problems.push(node.problem(node.at, "a rule names at least one field"));
        }
        let mut rest = message.text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            if self.dictionary.field_named(name).is_none() {
                let text = format!("the message shows `{name}`, which is no field");
                self.problems.push(node.problem(message.at, text));
            }
            rest = after;
        }
    }

    fn on(&mut self, node: &Node<'_, '_>, on: &Quoted) -> On {
        match on.text.as_str() {
            // whatever a rule reads, it is evaluated in the context of a run: see `validate`
            "patient" => On::Scope(Scope::Patient),
            "hospitalization" => On::Scope(Scope::Hospitalization),
            "run" => On::Scope(Scope::Run),
            group => {
                let rows = self.dictionary.field_named(group).and_then(|field| field.rows);
                rows.map_or_else(
                    || {
                        let text = format!("`{group}` is neither a scope nor a group");
                        self.problems.push(node.problem(on.at, text));
                        On::Scope(Scope::Run)
                    },
                    On::Rows,
                )
            }
        }
    }

    fn severity(&mut self, node: &Node<'_, '_>, text: &Quoted) -> Severity {
        match text.text.as_str() {
            "hard" => Severity::Hard,
            "soft" => Severity::Soft,
            _ => {
                self.problems.push(node.problem(text.at, "`severity` is hard or soft"));
                Severity::Hard
            }
        }
    }

    fn stage(&mut self, node: &Node<'_, '_>, text: Option<&Quoted>) -> Stage {
        match text.map(|text| text.text.as_str()) {
            None | Some("always") => Stage::Always,
            Some("submission") => Stage::Submission,
            Some(_) => {
                let at = text.map_or(node.at, |text| text.at);
                self.problems.push(node.problem(at, "`stage` is always or submission"));
                Stage::Always
            }
        }
    }

    fn fields(&mut self, node: &Node<'_, '_>, texts: &[Quoted]) -> Vec<FieldId> {
        let mut fields = Vec::new();
        for text in texts {
            match self.dictionary.lookup(&text.text) {
                Some(Name::Field(id)) => fields.push(id),
                _ => self.problems.push(missing(node, text)),
            }
        }
        fields
    }
}

fn missing(node: &Node<'_, '_>, text: &Quoted) -> Problem {
    node.problem(text.at, format!("`{}` is no field", text.text))
}

impl Required {
    /// The expression, when there is one.
    pub const fn expression(&self) -> Option<&Expr> {
        match self {
            Self::When(expr) => Some(expr),
            Self::No | Self::Always => None,
        }
    }
}
