//! A summary as a workbook: a sheet for each table, numbers as numbers.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use crate::report::{Block, Cell, Line};
use crate::summary::Summary;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct SheetError(#[from] XlsxError);

/// Paper of 210 by 297 mm in the format's own list.
const A4: u8 = 9;
/// Rows above a table: title, note, empty.
const ABOVE: u32 = 3;

struct Styles {
    title: Format,
    note: Format,
    head: Format,
    count: Format,
    number: Format,
    hidden: Format,
    bold: Format,
}

impl Styles {
    fn new() -> Self {
        Self {
            title: Format::new().set_bold().set_font_size(14.0),
            note: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
            count: Format::new().set_num_format("#,##0"),
            number: Format::new().set_num_format("0.0"),
            hidden: Format::new().set_italic().set_align(FormatAlign::Right),
            bold: Format::new().set_bold(),
        }
    }
}

/// The workbook's bytes (Office Open XML). The first sheet says what it is: rule, date, unit, version, sheets.
pub fn workbook(summary: &Summary) -> Result<Vec<u8>, SheetError> {
    let styles = Styles::new();
    let mut book = Workbook::new();
    about(summary, &styles, book.add_worksheet())?;
    for (block, name) in summary.blocks.iter().zip(&summary.sheets) {
        table(summary, block, name, &styles, book.add_worksheet())?;
    }
    Ok(book.save_to_buffer()?)
}

fn about(summary: &Summary, styles: &Styles, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("About")?;
    sheet.set_paper_size(A4);
    sheet.set_column_width(0, 26)?;
    sheet.set_column_width(1, 90)?;
    sheet.write_with_format(0, 0, "OpenECLS International Summary", &styles.title)?;
    let mut row = 2_u32;
    let mut line = |sheet: &mut Worksheet, name: &str, text: &str| {
        sheet.write_with_format(row, 0, name, &styles.bold)?;
        sheet.write_with_format(row, 1, text, &styles.note)?;
        row += 1;
        Ok::<_, XlsxError>(())
    };
    if summary.about.invented {
        line(
            sheet,
            "Invented data",
            "Centers, patients and runs are made up to try the program out.",
        )?;
    }
    line(sheet, "Who is counted", &summary.rule)?;
    line(sheet, "Up to", &summary.date)?;
    line(sheet, "Unit", summary.units)?;
    line(sheet, "Data as of", &summary.about.as_of)?;
    line(sheet, "Data version", &summary.about.version)?;
    line(sheet, "In all", &summary.total.text())?;
    for unknown in &summary.unknown {
        line(sheet, &format!("{}: unknown", unknown.label), &unknown.count.text())?;
    }
    if let Some(refusal) = &summary.refusal {
        line(sheet, "Not shown", refusal)?;
    }
    line(sheet, "Small groups", "Groups that are too small stand as words, not as numbers.")?;
    for (block, name) in summary.blocks.iter().zip(&summary.sheets) {
        line(sheet, name, &block.note)?;
    }
    Ok(())
}

fn table(
    summary: &Summary,
    block: &Block,
    name: &str,
    styles: &Styles,
    sheet: &mut Worksheet,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_paper_size(A4);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_footer(format!(
        "&L&8OpenECLS, data as of {}, version {}&R&8Page &P of &N",
        summary.about.as_of, summary.about.version
    ));
    sheet.write_with_format(0, 0, &block.title, &styles.title)?;
    sheet.write(1, 0, &block.note)?;
    if let Some(refusal) = &block.refusal {
        sheet.write(ABOVE, 0, format!("Not shown: {refusal}"))?;
        return Ok(());
    }
    let names = block.labels.iter().chain(&block.heads);
    let mut last = 0;
    for (column, name) in (0_u16..).zip(names) {
        sheet.write_with_format(ABOVE, column, name, &styles.head)?;
        let width = if usize::from(column) < block.labels.len() { 30 } else { 15 };
        sheet.set_column_width(column, width)?;
        last = column;
    }
    sheet.set_repeat_rows(ABOVE, ABOVE)?;
    sheet.set_freeze_panes(ABOVE + 1, 0)?;
    let mut at = ABOVE + 1;
    for row in &block.rows {
        line(block, row, at, styles, sheet)?;
        at += 1;
    }
    if at > ABOVE + 1 {
        sheet.autofilter(ABOVE, 0, at - 1, last)?;
    }
    if let Some(total) = &block.total {
        line(block, total, at, styles, sheet)?;
    }
    Ok(())
}

fn line(
    block: &Block,
    line: &Line,
    row: u32,
    styles: &Styles,
    sheet: &mut Worksheet,
) -> Result<(), XlsxError> {
    for (column, label) in (0_u16..).zip(&line.labels) {
        // a year is a number to sort by
        match label.parse::<i32>() {
            Ok(year) => sheet.write(row, column, year)?,
            Err(_) => sheet.write(row, column, label)?,
        };
    }
    let first = u16::try_from(block.labels.len()).unwrap_or(u16::MAX);
    for (column, cell) in (first..).zip(&line.cells) {
        match cell {
            Cell::Count(count) => sheet.write_with_format(row, column, *count, &styles.count)?,
            Cell::Number(number) | Cell::Percent(number) => {
                sheet.write_with_format(row, column, *number, &styles.number)?
            }
            Cell::Hidden(why) => sheet.write_with_format(row, column, why, &styles.hidden)?,
            Cell::Nothing => sheet.write_blank(row, column, &styles.count)?,
        };
    }
    Ok(())
}
