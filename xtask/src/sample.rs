//! Writes the shipped sample: invented patients as six centers would upload them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, Result, anyhow, bail};
use dictionary::Dictionary;
use exchange::{CodeMap, FolderWriter, Outline, Why, XmlFormat, XmlWriter};
use registry::incoming::IncomingPatient;
use testkit::synthetic::{CENTERS, Options, Sample, Synthetic};

const SEED: u64 = 20_261_115;
const PATIENTS: usize = 270;
/// The center that uploads XML; the others upload folders of CSV files, which hold every answer.
const XML_CENTERS: [&str; 1] = ["9001"];

/// Contents by path below `sample/`.
type Files = BTreeMap<String, Vec<u8>>;

/// Writes `sample/` anew.
pub(crate) fn write(root: &Path) -> Result<()> {
    let files = files()?;
    let folder = root.join("sample");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("the old sample cannot be removed")?;
    }
    for (name, content) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, content)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{} files, {} kB in {}", files.len(), bytes / 1000, folder.display());
    Ok(())
}

/// Compares `sample/` with what would be written.
pub(crate) fn check(root: &Path) -> Result<()> {
    for (name, content) in files()? {
        let path = root.join("sample").join(&name);
        let stored =
            fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        if stored != content {
            bail!(
                "sample/{name} is not what `cargo xtask sample` writes; run it and review the change"
            );
        }
    }
    Ok(())
}

fn files() -> Result<Files> {
    let dictionary = Dictionary::embedded()?;
    let options = Options { xml_centers: &XML_CENTERS, ..Options::default() };
    let samples: Vec<Sample> = Synthetic::new(&dictionary, SEED, options).take(PATIENTS).collect();
    let mut files = Files::new();
    let mut list = "number,name,country,chapter\n".to_owned();
    for center in CENTERS {
        writeln!(
            list,
            "{},\"{}\",{},{}",
            center.number, center.name, center.country, center.chapter
        )?;
        let own: Vec<&IncomingPatient> = samples
            .iter()
            .filter(|sample| sample.center == center.number)
            .map(|sample| &sample.patient)
            .collect();
        if XML_CENTERS.contains(&center.number) {
            files.insert(format!("center-{}.xml", center.number), xml(&dictionary, &own)?);
        } else {
            folder(&dictionary, center.number, &own, &mut files)?;
        }
    }
    files.insert("centers.csv".to_owned(), list.into_bytes());
    files.insert("README.md".to_owned(), readme(&samples).into_bytes());
    Ok(files)
}

fn xml(dictionary: &Dictionary, patients: &[&IncomingPatient]) -> Result<Vec<u8>> {
    let codes = own_codes(dictionary)?;
    let format = XmlFormat::new(dictionary, &codes)?;
    let mut writer = XmlWriter::new(&format, Vec::new())?;
    for patient in patients {
        let problems = writer.patient(patient)?;
        // an obligatory element without a value is what a draft looks like
        if let Some(lost) = problems.iter().find(|lost| lost.why != Why::Needed) {
            bail!("{} {}: a value is lost: {:?}", patient.unique_id, lost.element, lost.why);
        }
    }
    Ok(writer.finish()?)
}

/// Our own code word where the registry's number is not known: our reader takes both.
fn own_codes(dictionary: &Dictionary) -> Result<CodeMap> {
    let known = CodeMap::known(dictionary);
    let mut table = "list,code,number\n".to_owned();
    for missing in known.missing(dictionary, &Outline::new(dictionary)?) {
        // longer than a number may be; the sample does not use these
        if missing.code.len() > 40 {
            continue;
        }
        writeln!(table, "{},{},{}", missing.list, missing.code, missing.code)?;
    }
    CodeMap::load(dictionary, &table).map_err(|problems| anyhow!("own codes collide: {problems:?}"))
}

/// A folder of CSV files; forms that nobody of the center filled in are left out.
fn folder(
    dictionary: &Dictionary,
    number: &str,
    patients: &[&IncomingPatient],
    files: &mut Files,
) -> Result<()> {
    let sheets = Sheets::default();
    let mut writer = FolderWriter::new(dictionary, |name| Ok(sheets.sheet(name)))?;
    for patient in patients {
        writer.patient(patient)?;
    }
    writer.finish()?;
    for (name, content) in sheets.0.take() {
        if content.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| !line.is_empty()) {
            files.insert(format!("center-{number}/{name}"), content);
        }
    }
    Ok(())
}

/// Files in memory, all open at once.
#[derive(Debug, Default, Clone)]
struct Sheets(std::rc::Rc<std::cell::RefCell<BTreeMap<String, Vec<u8>>>>);

impl Sheets {
    fn sheet(&self, name: &str) -> Sheet {
        Sheet { all: self.clone(), name: name.to_owned() }
    }
}

struct Sheet {
    all: Sheets,
    name: String,
}

impl io::Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.all.0.borrow_mut().entry(self.name.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn readme(samples: &[Sample]) -> String {
    let runs =
        |sample: &Sample| sample.patient.stays.iter().map(|stay| stay.runs.len()).sum::<usize>();
    let mut out = format!(
        "# The sample\n\n\
         Everything here is invented: patients, centers, hospitals and the people who signed. No record comes \
         from a\nreal person or from any registry; likeness to one is chance. It shows what uploads look like \
         and fills a new\ninstallation, so that every page has something to show.\n\n\
         {} patients with {} runs, made by `cargo xtask sample` from seed {SEED} (crate `testkit`, module \
         `synthetic`).\nSurvival, shares and hours follow published summaries only roughly: nothing may be \
         concluded from these data.\n\n\
         | file | center | patients | runs |\n| --- | --- | --- | --- |\n",
        samples.len(),
        samples.iter().map(runs).sum::<usize>(),
    );
    for center in CENTERS {
        let own: Vec<&Sample> =
            samples.iter().filter(|sample| sample.center == center.number).collect();
        let ending = if XML_CENTERS.contains(&center.number) { ".xml" } else { "/" };
        let total: usize = own.iter().map(|sample| runs(sample)).sum();
        let _ = writeln!(
            out,
            "| `center-{}{ending}` | {} (invented) | {} | {total} |",
            center.number,
            center.name,
            own.len()
        );
    }
    out.push_str(
        "\n`centers.csv` lists the centers. One center uploads XML; where the registry's number of a code is not \
         known, the\nfile holds our own code word, which our reader takes and the registry's portal would not. \
         The others upload folders\nof CSV files, one per form, because some answers have no element in the XML \
         format.\n\n\
         License: CC0 1.0, no rights reserved.\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use registry::incoming::FormRows;

    use super::*;

    fn bodies(dictionary: &Dictionary, forms: &FormRows) -> BTreeMap<String, String> {
        let body = |(form, row): &(_, _)| {
            let form = dictionary.form(*form);
            (form.key.clone(), dictionary.body(form.table, row))
        };
        forms.iter().map(body).collect()
    }

    /// All values of a patient, level by level.
    fn all(dictionary: &Dictionary, patient: &IncomingPatient) -> Vec<BTreeMap<String, String>> {
        let mut out = vec![bodies(dictionary, &patient.forms)];
        for stay in &patient.stays {
            out.push(bodies(dictionary, &stay.forms));
            out.extend(stay.runs.iter().map(|run| bodies(dictionary, &run.forms)));
        }
        out
    }

    #[test]
    fn the_shipped_sample_reads_back_as_it_was_made() {
        let root = crate::root().unwrap();
        check(&root).unwrap();
        let dictionary = Dictionary::embedded().unwrap();
        let codes = CodeMap::known(&dictionary);
        let options = Options { xml_centers: &XML_CENTERS, ..Options::default() };
        let samples: Vec<_> = Synthetic::new(&dictionary, SEED, options).take(PATIENTS).collect();
        for center in CENTERS {
            let ending = if XML_CENTERS.contains(&center.number) { ".xml" } else { "" };
            let path = root.join(format!("sample/center-{}{ending}", center.number));
            let mut source = exchange::open(&path, &dictionary, &codes).unwrap();
            for sample in samples.iter().filter(|sample| sample.center == center.number) {
                let read = source.next_patient().unwrap().unwrap();

                assert_eq!(read.unique_id, sample.patient.unique_id);
                assert!(
                    read.findings.iter().all(|finding| !finding.refuses),
                    "{:?}",
                    read.findings
                );
                assert_eq!(all(&dictionary, &read), all(&dictionary, &sample.patient));
            }
            assert!(source.next_patient().unwrap().is_none());
        }
    }
}
