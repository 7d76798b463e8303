//! The program: arguments in, a face out.

fn main() {}
