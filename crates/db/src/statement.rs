//! Named statements: one text for both engines, or two side by side where they must differ.

use std::fmt;
use std::sync::OnceLock;

/// One SQL statement with a name, declared with [`statements!`](crate::statements).
///
/// Parameters are `$1, $2 …` in the text; SQLite gets `?1, ?2 …`, rewritten once, because in SQLite `$1`
/// is a *named* parameter that is numbered by first appearance.
pub struct Statement {
    name: &'static str,
    text: &'static str,
    sqlite: Option<&'static str>,
    scan_ok: Option<&'static str>,
    bulk: Option<Bulk>,
    made: OnceLock<String>,
    made_sqlite: OnceLock<String>,
}

/// Table and columns of a bulk insert.
#[derive(Clone, Copy)]
pub(crate) struct Bulk {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
}

impl Statement {
    /// A statement without text yet; used by [`statements!`](crate::statements).
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            text: "",
            sqlite: None,
            scan_ok: None,
            bulk: None,
            made: OnceLock::new(),
            made_sqlite: OnceLock::new(),
        }
    }

    #[doc(hidden)]
    pub const fn text(mut self, text: &'static str) -> Self {
        self.text = text;
        self
    }

    #[doc(hidden)]
    pub const fn sqlite_text(mut self, text: &'static str) -> Self {
        self.sqlite = Some(text);
        self
    }

    #[doc(hidden)]
    pub const fn scan_is_ok(mut self, reason: &'static str) -> Self {
        self.scan_ok = Some(reason);
        self
    }

    #[doc(hidden)]
    pub const fn insert(mut self, table: &'static str, columns: &'static [&'static str]) -> Self {
        self.bulk = Some(Bulk { table, columns });
        self
    }

    /// A statement whose text is put together at run time, for example from filters.
    ///
    /// It is not in any registry, so its maker tests it. Only names and `$n` belong into the text, never a value.
    pub fn dynamic(name: &'static str, text: String) -> Self {
        let statement = Self::new(name);
        let _ = statement.made.set(text);
        statement
    }

    /// The name, as it appears in errors and logs.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Why a full scan is accepted, if it is.
    pub const fn scan_ok(&self) -> Option<&'static str> {
        self.scan_ok
    }

    pub(crate) const fn bulk(&self) -> Option<Bulk> {
        self.bulk
    }

    /// The text that PostgreSQL gets.
    pub fn postgres(&self) -> &str {
        match self.bulk {
            Some(bulk) => self.made.get_or_init(|| bulk.insert_text()),
            None => self.made.get().map_or(self.text, String::as_str),
        }
    }

    /// The text that SQLite gets.
    pub fn sqlite(&self) -> &str {
        self.made_sqlite
            .get_or_init(|| number_parameters(self.sqlite.unwrap_or_else(|| self.postgres())))
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Statement").field(&self.name).finish()
    }
}

impl Bulk {
    fn insert_text(&self) -> String {
        let places: Vec<String> =
            (1..=self.columns.len()).map(|number| format!("${number}")).collect();
        format!(
            "insert into {} ({}) values ({})",
            self.table,
            self.columns.join(", "),
            places.join(", ")
        )
    }

    pub(crate) fn copy_text(&self) -> String {
        format!("copy {} ({}) from stdin (format binary)", self.table, self.columns.join(", "))
    }
}

/// Turns `$1` into `?1` outside of quotes and comments.
fn number_parameters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end_of_quote: Option<&str> = None;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let mut take = next.len_utf8();
        if let Some(end) = end_of_quote {
            if rest.starts_with(end) {
                take = end.len();
                end_of_quote = None;
            }
        } else if rest.starts_with("--") {
            end_of_quote = Some("\n");
        } else if rest.starts_with("/*") {
            end_of_quote = Some("*/");
        } else if next == '\'' {
            end_of_quote = Some("'");
        } else if next == '"' {
            end_of_quote = Some("\"");
        } else if next == '$' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            out.push('?');
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (head, tail) = rest.split_at(take);
        out.push_str(head);
        rest = tail;
    }
    out
}

/// Declares statements and the list that tests walk through.
///
/// ```
/// db::statements! {
///     /// All statements of this file.
///     pub STATEMENTS;
///
///     /// The newest accepted values of one form.
///     CURRENT_FORM = "select version, body from form_current where center_id = $1 and run_id = $2";
///     /// Takes the oldest waiting job; the engines lock differently.
///     CLAIM_JOB = "… for update skip locked", sqlite = "…";
///     /// Every center; there are a few hundred.
///     CENTERS = "select id, name from center order by name", scan_ok = "small table";
///     /// New form values, many at once: becomes an insert or a binary copy.
///     ADD_VALUES => form_value(center_id, run_id, field, value);
/// }
/// # assert_eq!(STATEMENTS.len(), 4);
/// ```
///
/// The first text is for both engines unless `sqlite = …` gives SQLite its own.
#[macro_export]
macro_rules! statements {
    (
        $(#[$list_meta:meta])* $list_vis:vis $list:ident;
        $(
            $(#[$meta:meta])* $vis:vis $name:ident
            $(= $text:expr)?
            $(=> $table:ident ( $($column:ident),+ $(,)? ))?
            $(, sqlite = $sqlite:expr)?
            $(, scan_ok = $reason:expr)?
            ;
        )*
    ) => {
        $(
            $(#[$meta])*
            $vis static $name: $crate::Statement = $crate::Statement::new(stringify!($name))
                $(.text($text))?
                $(.insert(stringify!($table), &[$(stringify!($column)),+]))?
                $(.sqlite_text($sqlite))?
                $(.scan_is_ok($reason))?;
        )*
        $(#[$list_meta])*
        $list_vis static $list: &[&$crate::Statement] = &[$(&$name),*];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_for_sqlite_outside_quotes_and_comments() {
        let text =
            "select '$1', \"$2\", $3 -- $4\n, $10 /* $5 ' */ from t where a = $1 and b = '''$2'";

        let rewritten = number_parameters(text);

        assert_eq!(
            rewritten,
            "select '$1', \"$2\", ?3 -- $4\n, ?10 /* $5 ' */ from t where a = ?1 and b = '''$2'"
        );
    }

    #[test]
    fn a_bulk_insert_writes_its_own_text() {
        crate::statements! {
            LIST;
            ADD => form_value(run_id, field);
        }

        assert_eq!(LIST.len(), 1);
        assert_eq!(ADD.postgres(), "insert into form_value (run_id, field) values ($1, $2)");
        assert_eq!(ADD.sqlite(), "insert into form_value (run_id, field) values (?1, ?2)");
    }
}
