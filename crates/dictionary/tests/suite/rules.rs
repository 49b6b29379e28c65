//! Every rule of the shipped dictionary is raised by its raising case and not by its passing one.

use crate::common::{codes, now, report, shipped};
use dictionary::expr::{Env, Val};
use dictionary::{Dictionary, FormId, On, Row, Rule, TableId, Value};

/// What a rule's condition says about a record: true in any row, else false in any row, else nothing.
fn condition(dictionary: &Dictionary, rule: &Rule, forms: &[(FormId, Row)]) -> Option<bool> {
    let mut slots: Vec<Option<&Row>> = vec![None; dictionary.forms().len()];
    for (form, row) in forms {
        slots[form.ix()] = Some(row);
    }
    let derived: Vec<Value> = report(dictionary, forms).derived;
    let env = Env::new(dictionary, &slots, &derived, now());
    let answer = |chain: &[&Row]| match rule.raise.eval(&env.with_rows(chain)) {
        Val::Bool(answer) => Some(answer),
        _ => None,
    };
    match rule.on {
        On::Scope(_) => answer(&[]),
        On::Rows(table) => {
            let mut answers = Vec::new();
            each_chain(dictionary, table, &slots, &mut |chain| answers.extend(answer(chain)));
            answers.iter().copied().reduce(|any, answer| any || answer)
        }
    }
}

/// Visits every row of a table with the rows around it, outermost first.
fn each_chain(
    dictionary: &Dictionary,
    table: TableId,
    slots: &[Option<&Row>],
    visit: &mut dyn FnMut(&[&Row]),
) {
    let mut levels = Vec::new();
    let mut at = table;
    while let Some((parent, child)) = dictionary.table(at).parent {
        levels.push(child);
        at = parent;
    }
    levels.reverse();
    if let Some(top) = slots[dictionary.table(table).form.ix()] {
        descend(top, &levels, &mut Vec::new(), visit);
    }
}

fn descend<'r>(
    row: &'r Row,
    levels: &[u16],
    chain: &mut Vec<&'r Row>,
    visit: &mut dyn FnMut(&[&Row]),
) {
    let Some((first, below)) = levels.split_first() else { return visit(chain) };
    for row in row.rows(*first) {
        chain.push(row);
        descend(row, below, chain, visit);
        chain.pop();
    }
}

/// The first part of a rule's case that is wrong, or nothing.
fn fault(dictionary: &Dictionary, rule: &Rule) -> Option<String> {
    let raises = match dictionary.case(&rule.raises) {
        Ok(forms) => forms,
        Err(error) => return Some(format!("raises: {error}")),
    };
    let passes = match dictionary.case(&rule.passes) {
        Ok(forms) => forms,
        Err(error) => return Some(format!("passes: {error}")),
    };
    for (name, forms) in [("raises", &raises), ("passes", &passes)] {
        let report = report(dictionary, forms);
        // a case is about the rule, not about values that cannot be read
        if let Some(code) =
            codes(dictionary, &report).iter().find(|code| ["V101", "V103", "V107"].contains(code))
        {
            let finding = report.findings.iter().find(|finding| finding.code(dictionary) == *code);
            let message = finding.map(|finding| finding.message(dictionary));
            return Some(format!("{name}: {code} {}", message.unwrap_or_default()));
        }
    }
    if !codes(dictionary, &report(dictionary, &raises)).contains(&rule.code.as_str()) {
        let condition = condition(dictionary, rule, &raises);
        return Some(format!("not raised by its raising case ({condition:?})"));
    }
    if codes(dictionary, &report(dictionary, &passes)).contains(&rule.code.as_str()) {
        return Some("raised by its passing case".to_owned());
    }
    match condition(dictionary, rule, &passes) {
        Some(false) => None,
        answer => Some(format!("the passing case leaves the condition undecided ({answer:?})")),
    }
}

#[test]
fn every_rule_is_raised_by_its_raising_case_and_decided_by_its_passing_one() {
    let dictionary = shipped();

    let faults: Vec<String> = dictionary
        .rules()
        .iter()
        .filter_map(|rule| fault(dictionary, rule).map(|fault| format!("{}: {fault}", rule.code)))
        .collect();

    assert!(dictionary.rules().len() > 200, "{} rules", dictionary.rules().len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_rule_finding_stands_on_a_field_of_its_rule_and_says_what_to_do() {
    let dictionary = shipped();
    for rule in dictionary.rules() {
        let forms = dictionary.case(&rule.raises).unwrap();
        let report = report(dictionary, &forms);
        let finding = report
            .findings
            .iter()
            .find(|finding| finding.code(dictionary) == rule.code)
            .unwrap_or_else(|| panic!("{} is raised", rule.code));

        assert!(rule.fields.contains(&finding.place.field), "{}", rule.code);
        assert_eq!(finding.severity, rule.severity, "{}", rule.code);
        assert!(!finding.fix(dictionary).is_empty(), "{}", rule.code);
        let message = finding.message(dictionary);
        assert!(!message.contains(['{', '}']), "{}: {message}", rule.code);
    }
}
