//! Where a part of a syntax tree stands in its source.

use std::ops::Range;

use ruff_python_ast::{Expr, ExprCall, Keyword, Stmt, StmtClassDef, StmtFunctionDef, StmtIf};

/// A part of a syntax tree that has a place.
pub trait Located {
    /// The bytes of the source that it takes up.
    fn span(&self) -> Range<usize>;
}

impl<T: Located> Located for &T {
    fn span(&self) -> Range<usize> {
        (**self).span()
    }
}

macro_rules! with_range {
    ($($node:ty),*) => {$(
        impl Located for $node {
            fn span(&self) -> Range<usize> {
                self.range.start().to_usize()..self.range.end().to_usize()
            }
        }
    )*};
}

macro_rules! by_variant {
    ($tree:ident, $value:expr, $($variant:ident)*) => {
        match $value {
            $($tree::$variant(node) => node.range.start().to_usize()..node.range.end().to_usize(),)*
        }
    };
    ($tree:ident, $value:expr, $($variant:ident)*, else $other:pat => $then:expr) => {
        match $value {
            $other => $then,
            $($tree::$variant(node) => node.range.start().to_usize()..node.range.end().to_usize(),)*
        }
    };
}

with_range!(StmtClassDef, StmtFunctionDef, StmtIf, Keyword);

impl Located for ExprCall {
    fn span(&self) -> Range<usize> {
        self.range_start.to_usize()..self.arguments.range.end().to_usize()
    }
}

impl Located for Expr {
    fn span(&self) -> Range<usize> {
        by_variant!(Expr, self,
            BoolOp Named BinOp UnaryOp Lambda If Dict Set ListComp SetComp DictComp Generator Await Yield YieldFrom
            Compare FString TString StringLiteral BytesLiteral NumberLiteral BooleanLiteral NoneLiteral
            EllipsisLiteral Attribute Subscript Starred Name List Tuple Slice IpyEscapeCommand,
            else Expr::Call(call) => call.span())
    }
}

impl Located for Stmt {
    fn span(&self) -> Range<usize> {
        by_variant!(Stmt, self,
            FunctionDef ClassDef Return Delete TypeAlias Assign AugAssign AnnAssign For While If With Match Raise Try
            Assert Import ImportFrom Global Nonlocal Expr Pass Break Continue IpyEscapeCommand)
    }
}
