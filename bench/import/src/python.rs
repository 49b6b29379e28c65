//! The same checks in Python, in a process of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use dictionary::expr::Expr;
use dictionary::{Dictionary, On, Required, Severity};
use serde_json::{Value, json};

use bench_common::Took;

/// Everything in the dictionary that is an expression, as JSON for Python to compile: rules, requirements,
/// branching and derived values.
pub(crate) fn write_rules(dictionary: &Dictionary, path: &Path) -> Result<()> {
    let tree = |expr: &Expr| expr.to_json(dictionary);
    let rules = dictionary.rules().iter().map(|rule| {
        let on = match rule.on {
            On::Scope(_) => Value::Null,
            On::Rows(table) => {
                let group = dictionary.table(table).group;
                json!(group.map(|group| dictionary.field(group).key.as_str()))
            }
        };
        json!({
            "code": rule.code, "hard": rule.severity == Severity::Hard, "on": on,
            "tree": tree(&rule.raise),
        })
    });
    let fields = dictionary.fields().iter().map(|field| {
        let required = match &field.required {
            Required::No => Value::Null,
            Required::Always => json!({"bool": true}),
            Required::When(expr) => tree(expr),
        };
        json!({
            "key": field.key, "required": required,
            "applies": field.applies.as_ref().map(tree), "derive": field.derive.as_ref().map(tree),
            "min_when": field.min_when.as_ref().map(tree), "min_rows": field.min_rows,
        })
    });
    let derived = dictionary.derived_fields().iter().map(|id| dictionary.field(*id).key.as_str());
    let all = json!({
        "rules": rules.collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
        "derived": derived.collect::<Vec<_>>(),
    });
    std::fs::write(path, all.to_string())?;
    Ok(())
}

/// Imports a file with `baseline.py`, which times itself without its start. It must find what `found` says.
pub(crate) fn import(
    program: &Path,
    path: &Path,
    rules: &Path,
    runs: u64,
    found: &BTreeMap<String, u64>,
) -> Result<Took> {
    let folder = tempfile::tempdir()?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(program)
        .arg(here.join("baseline.py"))
        .arg(path)
        .arg(folder.path().join("baseline.db"))
        .arg(rules)
        .output()
        .context("Python cannot be started")?;
    if !output.status.success() {
        bail!("baseline.py failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let stored = answer.get("stored").and_then(Value::as_u64);
    ensure!(stored == Some(runs), "baseline.py stored {stored:?} of {runs} runs: {answer}");
    ensure!(
        answer.get("findings") == Some(&json!(found)),
        "baseline.py finds something else: {answer}; expected {found:?}"
    );
    let seconds = |key: &str| {
        let seconds = answer.get(key).and_then(Value::as_f64).context("a time")?;
        Ok::<_, anyhow::Error>(Duration::from_secs_f64(seconds))
    };
    Ok(Took { cpu: seconds("cpu_s")?, wall: seconds("wall_s")? })
}
