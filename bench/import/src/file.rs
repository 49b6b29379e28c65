//! Files to import: invented complete runs in the registry's upload format.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use dictionary::Dictionary;
use exchange::{CodeMap, Outline, Why, XmlFormat, XmlReader, XmlWriter};
use registry::incoming::{IncomingPatient, PatientSource as _};
use testkit::synthetic::{NUMBERS, Options, Sample, Synthetic};

const SEED: u64 = 41;

/// Patients whose runs are all complete, without end.
pub(crate) fn patients(dictionary: &Dictionary) -> impl Iterator<Item = IncomingPatient> {
    let options = Options { xml_centers: &NUMBERS, ..Options::default() };
    let complete = |sample: &Sample| sample.complete;
    Synthetic::new(dictionary, SEED, options).filter(complete).map(|sample| sample.patient)
}

/// Runs of a patient.
pub(crate) fn runs(patient: &IncomingPatient) -> u64 {
    let count: usize = patient.stays.iter().map(|stay| stay.runs.len()).sum();
    u64::try_from(count).unwrap_or_default()
}

/// Our own code word where the registry's number is not known; our reader takes both.
pub(crate) fn own_codes(dictionary: &Dictionary) -> Result<CodeMap> {
    let known = CodeMap::known(dictionary);
    let mut table = "list,code,number\n".to_owned();
    for missing in known.missing(dictionary, &Outline::new(dictionary)?) {
        // longer than a number may be; the generator does not use these
        if missing.code.len() <= 40 {
            writeln!(table, "{},{},{}", missing.list, missing.code, missing.code)?;
        }
    }
    CodeMap::load(dictionary, &table).map_err(|problems| anyhow!("own codes collide: {problems:?}"))
}

/// Writes patients until there are enough; returns the number of patients and of runs.
pub(crate) fn write(
    dictionary: &Dictionary,
    path: &Path,
    enough: impl Fn(u64, u64) -> bool,
) -> Result<(u64, u64)> {
    let codes = own_codes(dictionary)?;
    let format = XmlFormat::new(dictionary, &codes)?;
    let mut writer =
        XmlWriter::new(&format, BufWriter::with_capacity(1 << 20, File::create(path)?))?;
    let (mut count, mut total) = (0, 0);
    for patient in patients(dictionary) {
        if count % 64 == 0 || count < 10_000 {
            let bytes = path.metadata()?.len();
            if enough(count, bytes) {
                break;
            }
        }
        let problems = writer.patient(&patient)?;
        if let Some(lost) = problems.iter().find(|lost| lost.why != Why::Needed) {
            bail!("{}: a value of the file is lost: {:?}", lost.element, lost.why);
        }
        count += 1;
        total += runs(&patient);
    }
    writer.finish()?;
    Ok((count, total))
}

/// Reads a file without doing anything with it; returns the number of runs.
pub(crate) fn parse(dictionary: &Dictionary, codes: &CodeMap, path: &Path) -> Result<u64> {
    let source = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut reader = XmlReader::new("bench.xml", source, dictionary, codes)?;
    let mut total = 0;
    while let Some(patient) = reader.next_patient()? {
        total += runs(&patient);
    }
    Ok(total)
}

/// All patients of a file.
pub(crate) fn read(
    dictionary: &Dictionary,
    codes: &CodeMap,
    path: &Path,
) -> Result<Vec<IncomingPatient>> {
    let source = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut reader = XmlReader::new("bench.xml", source, dictionary, codes)?;
    let mut all = Vec::new();
    while let Some(patient) = reader.next_patient()? {
        all.push(patient);
    }
    Ok(all)
}
