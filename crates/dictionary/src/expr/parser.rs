//! Reads the pieces of an expression into a tree.
//!
//! From weakest to strongest: `if`, `or`, `and`, `not`, comparisons (which do not chain), `+ -`,
//! `* /`, the sign of a number, and what stands in parentheses.

use std::ops::Range;

use super::ast::{Ast, Compare, Node};
use super::lexer::{Piece, Sign, Token, pieces};
use super::{ExprError, MAX_BYTES, MAX_DEPTH, suggest};

/// Words with a fixed meaning; no field may be called like them.
pub(super) const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "in", "between", "if", "then", "else", "true", "false", "missing"];

/// The tree of a text.
pub(super) fn parse(text: &str) -> Result<Ast, ExprError> {
    if text.len() > MAX_BYTES {
        return Err(ExprError::new(
            0..text.len(),
            format!("this expression has {} bytes; at most {MAX_BYTES} are read", text.len()),
        ));
    }
    let pieces = pieces(text)?;
    let mut parser = Parser { pieces, next: 0, depth: 0 };
    if parser.piece().token == Token::End {
        return Err(ExprError::new(0..text.len(), "the expression is empty"));
    }
    let tree = parser.expression()?;
    let rest = parser.piece();
    match rest.token {
        Token::End => Ok(tree),
        _ => Err(parser.surplus()),
    }
}

struct Parser<'t> {
    /// Never empty: the last one is the end.
    pieces: Vec<Piece<'t>>,
    next: usize,
    depth: usize,
}

type Parsed = Result<Ast, ExprError>;

impl<'t> Parser<'t> {
    fn piece(&self) -> Piece<'t> {
        self.pieces
            .get(self.next)
            .or(self.pieces.last())
            .cloned()
            .unwrap_or(Piece { token: Token::End, at: 0..0 })
    }

    fn is_word(&self, word: &str) -> bool {
        self.piece().token == Token::Word(word)
    }

    fn is_sign(&self, sign: Sign) -> bool {
        self.piece().token == Token::Sign(sign)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: Sign) -> bool {
        let found = self.is_sign(sign);
        self.next += usize::from(found);
        found
    }

    fn need_word(&mut self, word: &str, because: &str) -> Result<(), ExprError> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(ExprError::new(self.piece().at, format!("expected {word} {because}")))
    }

    /// Takes the closing sign and says where it ends.
    fn close(&mut self, sign: Sign, opened: usize) -> Result<usize, ExprError> {
        let piece = self.piece();
        if self.take_sign(sign) {
            return Ok(piece.at.end);
        }
        let (mark, name) = if sign == Sign::Close { (")", "(") } else { ("]", "[") };
        let column = opened + 1;
        Err(match piece.token {
            Token::End => ExprError::new(
                opened..opened + 1,
                format!("this {name} is never closed with {mark}"),
            ),
            _ => ExprError::new(
                piece.at,
                format!("expected , or {mark} to close the {name} at column {column}"),
            ),
        })
    }

    /// One level deeper, refused where hostile text would exhaust the stack.
    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= MAX_DEPTH {
            return Err(ExprError::new(
                self.piece().at,
                format!("this expression is nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expression(&mut self) -> Parsed {
        self.deeper(|parser| if parser.is_word("if") { parser.choice() } else { parser.or() })
    }

    fn choice(&mut self) -> Parsed {
        let from = self.piece().at.start;
        self.next += 1;
        let condition = self.expression()?;
        self.need_word("then", "after the condition of if")?;
        let yes = self.expression()?;
        self.need_word("else", "– every if says what holds otherwise (else missing is possible)")?;
        let no = self.expression()?;
        let at = from..no.at.end;
        Ok(Ast { at, node: Node::If(Box::new(condition), Box::new(yes), Box::new(no)) })
    }

    fn or(&mut self) -> Parsed {
        self.chain("or", Self::and, Node::Or)
    }

    fn and(&mut self) -> Parsed {
        self.chain("and", Self::not, Node::And)
    }

    fn chain(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Parsed,
        make: fn(Vec<Ast>) -> Node,
    ) -> Parsed {
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.take_word(word) {
            operands.push(operand(self)?);
        }
        Ok(Ast { at: span(&operands), node: make(operands) })
    }

    fn not(&mut self) -> Parsed {
        let from = self.piece().at.start;
        if !self.take_word("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::not)?;
        Ok(Ast { at: from..inner.at.end, node: Node::Not(Box::new(inner)) })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let negated = self.is_word("not");
        if negated {
            let place = self.next;
            self.next += 1;
            if !self.is_word("in") && !self.is_word("between") {
                self.next = place;
                return Ok(left);
            }
        }
        let tree = if self.take_word("in") {
            self.membership(left, negated)?
        } else if self.take_word("between") {
            self.limits(left, negated)?
        } else if let Some(compare) = self.compare_sign() {
            self.compared(compare, left)?
        } else {
            return Ok(left);
        };
        if self.compare_sign().is_some() || self.is_word("in") || self.is_word("between") {
            return Err(ExprError::new(
                self.piece().at,
                "comparisons do not chain; join two of them with and, or use between",
            ));
        }
        Ok(tree)
    }

    fn limits(&mut self, value: Ast, negated: bool) -> Parsed {
        let low = self.sum()?;
        self.need_word("and", "between the two limits of between")?;
        let high = self.sum()?;
        let at = value.at.start..high.at.end;
        let (value, low, high) = (Box::new(value), Box::new(low), Box::new(high));
        Ok(Ast { at, node: Node::Between { value, low, high, negated } })
    }

    fn compared(&mut self, compare: Compare, left: Ast) -> Parsed {
        self.next += 1;
        let right = self.sum()?;
        let at = left.at.start..right.at.end;
        Ok(Ast { at, node: Node::Compare(compare, Box::new(left), Box::new(right)) })
    }

    fn compare_sign(&self) -> Option<Compare> {
        Some(match self.piece().token {
            Token::Sign(Sign::Equal) => Compare::Equal,
            Token::Sign(Sign::NotEqual) => Compare::NotEqual,
            Token::Sign(Sign::Less) => Compare::Less,
            Token::Sign(Sign::LessOrEqual) => Compare::LessOrEqual,
            Token::Sign(Sign::Greater) => Compare::Greater,
            Token::Sign(Sign::GreaterOrEqual) => Compare::GreaterOrEqual,
            _ => return None,
        })
    }

    fn membership(&mut self, left: Ast, negated: bool) -> Parsed {
        let list = self.piece();
        if list.token != Token::Sign(Sign::OpenList) {
            return Err(ExprError::new(list.at, "expected a list after in, like [\"1\", \"2\"]"));
        }
        let list = self.list()?;
        let at = left.at.start..list.at.end;
        let Node::List(items) = list.node else {
            return Err(ExprError::new(at, "expected a list after in"));
        };
        Ok(Ast { at, node: Node::In { value: Box::new(left), list: items, negated } })
    }

    fn sum(&mut self) -> Parsed {
        self.arithmetic((Sign::Plus, Sign::Minus), Self::product, Node::Sum)
    }

    fn product(&mut self) -> Parsed {
        self.arithmetic((Sign::Times, Sign::Divide), Self::signed, Node::Product)
    }

    fn arithmetic(
        &mut self,
        (plain, inverse): (Sign, Sign),
        operand: fn(&mut Self) -> Parsed,
        make: fn(Box<Ast>, Vec<(bool, Ast)>) -> Node,
    ) -> Parsed {
        let first = operand(self)?;
        let mut rest = Vec::new();
        let (from, mut to) = (first.at.start, first.at.end);
        while self.is_sign(plain) || self.is_sign(inverse) {
            let inverted = self.is_sign(inverse);
            self.next += 1;
            let next = operand(self)?;
            to = next.at.end;
            rest.push((inverted, next));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Ast { at: from..to, node: make(Box::new(first), rest) })
    }

    fn signed(&mut self) -> Parsed {
        let from = self.piece().at.start;
        if !self.take_sign(Sign::Minus) {
            return self.primary();
        }
        let inner = self.deeper(Self::signed)?;
        let at = from..inner.at.end;
        Ok(match inner.node {
            Node::Number(number) => Ast { at, node: Node::Number(-number) },
            _ => Ast { at, node: Node::Negative(Box::new(inner)) },
        })
    }

    fn primary(&mut self) -> Parsed {
        let piece = self.piece();
        let at = piece.at.clone();
        let node = match piece.token {
            Token::Number(number) => Node::Number(number),
            Token::Text(text) => Node::Text(text.to_owned()),
            Token::Moment(moment) => Node::Moment(moment),
            Token::Sign(Sign::Open) => return self.parenthesis(at.start),
            Token::Sign(Sign::OpenList) => return self.list(),
            Token::Word("true") => Node::Bool(true),
            Token::Word("false") => Node::Bool(false),
            Token::Word("missing") => Node::Missing,
            Token::Word("if") => return self.expression(),
            Token::Word(word) if !KEYWORDS.contains(&word) => return self.name(word, at),
            Token::Word(_) | Token::Sign(_) | Token::End => return Err(self.no_value()),
        };
        self.next += 1;
        Ok(Ast { at, node })
    }

    fn parenthesis(&mut self, from: usize) -> Parsed {
        self.next += 1;
        let inner = self.expression()?;
        let to = self.close(Sign::Close, from)?;
        Ok(Ast { at: from..to, node: inner.node })
    }

    fn list(&mut self) -> Parsed {
        let from = self.piece().at.start;
        self.next += 1;
        let (items, to) = self.items(Sign::CloseList, from)?;
        if items.is_empty() {
            return Err(ExprError::new(from..to, "the list is empty"));
        }
        Ok(Ast { at: from..to, node: Node::List(items) })
    }

    fn name(&mut self, word: &str, name_at: Range<usize>) -> Parsed {
        self.next += 1;
        if !self.take_sign(Sign::Open) {
            return Ok(Ast { at: name_at, node: Node::Name(word.to_owned()) });
        }
        let opened = name_at.end;
        let (args, to) = self.items(Sign::Close, opened)?;
        let at = name_at.start..to;
        Ok(Ast { at, node: Node::Call { name: word.to_owned(), name_at, args } })
    }

    /// What stands between an opening sign that was just taken and its closing one.
    fn items(&mut self, end: Sign, opened: usize) -> Result<(Vec<Ast>, usize), ExprError> {
        let mut items = Vec::new();
        let to = self.piece().at.end;
        if self.take_sign(end) {
            return Ok((items, to));
        }
        loop {
            items.push(self.expression()?);
            if !self.take_sign(Sign::Comma) {
                return Ok((items, self.close(end, opened)?));
            }
        }
    }

    fn no_value(&self) -> ExprError {
        let piece = self.piece();
        let message = match piece.token {
            Token::End => "the expression ends too early: a value is missing here".to_owned(),
            Token::Word(word) => format!("expected a value here, found the word {word}"),
            _ => "expected a value here: a field, a number, a text in quotation marks".to_owned(),
        };
        ExprError::new(piece.at, message)
    }

    /// A whole expression was read, but more follows.
    fn surplus(&self) -> ExprError {
        let piece = self.piece();
        let message = match piece.token {
            Token::Sign(Sign::Close | Sign::CloseList) => {
                "this closes something that was never opened".to_owned()
            }
            Token::Word(word) => match suggest::nearest(word, KEYWORDS.into_iter()) {
                Some(known) if known != word => {
                    format!("did not expect {word} here; did you mean {known}?")
                }
                _ => format!(
                    "did not expect {word} here; is an and, or, or comma missing before it?"
                ),
            },
            _ => "the expression is complete before this; is an and or or missing?".to_owned(),
        };
        ExprError::new(piece.at, message)
    }
}

fn span(operands: &[Ast]) -> Range<usize> {
    let from = operands.first().map_or(0, |ast| ast.at.start);
    let to = operands.last().map_or(from, |ast| ast.at.end);
    from..to
}
