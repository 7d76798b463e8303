//! What the documentation of an operation says about the types of its parameters.

use super::value_type::ValueType;

/// A documented parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Documented<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<ValueType>,
    pub(super) required: bool,
}

/// The parameters that a docstring lists: `:param <type> <name>: (required|optional)`.
pub(super) fn params(text: &str) -> Vec<Documented<'_>> {
    text.lines()
        .filter_map(|line| {
            let (declared, rest) = line.trim_start().strip_prefix(":param ")?.split_once(": (")?;
            let required = match rest.split(')').next()? {
                "required" => true,
                "optional" => false,
                _ => return None,
            };
            let (kind, name) = declared.rsplit_once(' ')?;
            Some(Documented { name, value: ValueType::read(kind), required })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn parameters_are_read_with_their_types() {
        let text = "Does it.\n\n    :param str vcn_id: (required)\n        The `OCID`: (x)\n\n\
                    :param dict(str, str) opc_meta: (optional)\n    :param obj retry_strategy: (optional)\n    :return: x";
        let found = params(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Documented { name: "vcn_id", value: Some(ValueType::Text), required: true });
        assert_eq!(found[1].value, Some(ValueType::Map(Box::new(ValueType::Text))));
        assert_eq!((found[2].name, found[2].value.clone()), ("retry_strategy", None));
    }
}
