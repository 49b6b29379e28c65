//! A plan as JSON lines: one object per patient, then `{"summary": …}`.

use std::io::{self, Write};

use registry::upload::{PatientPlan, Summary};

/// Prints JSON lines.
pub(crate) struct Json;

impl super::Print for Json {
    fn patient(&mut self, out: &mut dyn Write, plan: &PatientPlan) -> io::Result<()> {
        serde_json::to_writer(&mut *out, plan)?;
        writeln!(out)
    }

    fn summary(&mut self, out: &mut dyn Write, file: &str, summary: &Summary) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &serde_json::json!({ "file": file, "summary": summary }))?;
        writeln!(out)
    }
}
