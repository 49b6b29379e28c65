//! Splits the text of an expression into words, numbers, literals and signs.

use std::ops::Range;

use rust_decimal::Decimal;

use super::ExprError;
use crate::value::Moment;

/// One piece of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    Number(Decimal),
    Text(&'t str),
    Moment(Moment),
    Word(&'t str),
    Sign(Sign),
    End,
}

/// Everything that is neither a word nor a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Plus,
    Minus,
    Times,
    Divide,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A piece and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece<'t> {
    pub(super) token: Token<'t>,
    pub(super) at: Range<usize>,
}

/// All pieces of the text, the last one being `Token::End`.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, ExprError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut pieces = Vec::with_capacity(text.len() / 4 + 2);
    loop {
        lexer.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        let from = lexer.at;
        let token = lexer.token()?;
        let done = token == Token::End;
        pieces.push(Piece { token, at: from..lexer.at });
        if done {
            return Ok(pieces);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// The text from a place up to here; only ever cut beside ASCII characters.
    fn since(&self, from: usize) -> &'t str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn error<T>(&self, from: usize, message: impl Into<String>) -> Result<T, ExprError> {
        let to = self.text.len().min(self.at.max(from + 1));
        let to = (to..=self.text.len()).find(|to| self.text.is_char_boundary(*to)).unwrap_or(to);
        Err(ExprError::new(from..to, message))
    }

    fn token(&mut self) -> Result<Token<'t>, ExprError> {
        match self.peek() {
            None => Ok(Token::End),
            Some(b'0'..=b'9') => self.number(),
            Some(b'"') => self.quoted(),
            Some(b'@') => self.moment(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let from = self.at;
                self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                Ok(Token::Word(self.since(from)))
            }
            Some(byte) => self.sign(byte),
        }
    }

    fn number(&mut self) -> Result<Token<'t>, ExprError> {
        let from = self.at;
        self.skip(|byte| byte.is_ascii_digit());
        if self.peek() == Some(b'.') {
            self.at += 1;
            let decimals = self.at;
            self.skip(|byte| byte.is_ascii_digit());
            if self.at == decimals {
                return self.error(from, "digits are missing after the decimal point");
            }
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            let start = self.at;
            self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return self.error(
                start,
                "a number is followed directly by letters; units and codes are not written this way",
            );
        }
        match Decimal::from_str_exact(self.since(from)) {
            Ok(number) => Ok(Token::Number(number)),
            Err(_) => self.error(from, "this number has more digits than can be kept exactly (28)"),
        }
    }

    fn quoted(&mut self) -> Result<Token<'t>, ExprError> {
        let from = self.at;
        self.at += 1;
        self.skip(|byte| byte != b'"' && byte >= b' ');
        if self.peek() != Some(b'"') {
            return self.error(from, "the text has no closing quotation mark");
        }
        let inner = self.text.get(from + 1..self.at).unwrap_or_default();
        self.at += 1;
        Ok(Token::Text(inner))
    }

    fn moment(&mut self) -> Result<Token<'t>, ExprError> {
        let from = self.at;
        self.at += 1;
        self.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':'));
        match Moment::parse_iso(self.text.get(from + 1..self.at).unwrap_or_default()) {
            Some(moment) => Ok(Token::Moment(moment)),
            None => self.error(
                from,
                "this is no date; write @2026-01-31 or @2026-01-31T14:05 (years 1800 to 2199)",
            ),
        }
    }

    fn sign(&mut self, byte: u8) -> Result<Token<'t>, ExprError> {
        let from = self.at;
        let next = self.text.as_bytes().get(self.at + 1).copied();
        let (sign, length) = match (byte, next) {
            (b'<', Some(b'>')) => return self.wrong(2, "write != for \"is not equal\""),
            (b'=', Some(b'=')) => return self.wrong(2, "write a single = to compare"),
            (b'&', _) => return self.wrong(1, "write and"),
            (b'|', _) => return self.wrong(1, "write or"),
            (b'\'', _) => return self.wrong(1, "put texts and codes in double quotation marks"),
            (b'#', _) => return self.wrong(1, "comments are not possible inside an expression"),
            (b'.', _) => {
                return self
                    .wrong(1, "a decimal number starts with a digit: 0.5; names have no dots");
            }
            (b'!', Some(b'=')) => (Sign::NotEqual, 2),
            (b'!', _) => return self.wrong(1, "write not"),
            (b'<', Some(b'=')) => (Sign::LessOrEqual, 2),
            (b'>', Some(b'=')) => (Sign::GreaterOrEqual, 2),
            (b'<', _) => (Sign::Less, 1),
            (b'>', _) => (Sign::Greater, 1),
            (b'=', _) => (Sign::Equal, 1),
            (b'(', _) => (Sign::Open, 1),
            (b')', _) => (Sign::Close, 1),
            (b'[', _) => (Sign::OpenList, 1),
            (b']', _) => (Sign::CloseList, 1),
            (b',', _) => (Sign::Comma, 1),
            (b'+', _) => (Sign::Plus, 1),
            (b'-', _) => (Sign::Minus, 1),
            (b'*', _) => (Sign::Times, 1),
            (b'/', _) => (Sign::Divide, 1),
            _ => return self.error(from, "this character has no meaning in an expression"),
        };
        self.at += length;
        Ok(Token::Sign(sign))
    }

    fn wrong<T>(&mut self, length: usize, message: &str) -> Result<T, ExprError> {
        let from = self.at;
        self.at += length;
        self.error(from, message)
    }
}
