//! The types that the package names in its maps and documentation.

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ValueType {
    Text,
    Whole,
    Number,
    Flag,
    Time,
    Day,
    Anything,
    Stream,
    Bytes,
    List(Box<ValueType>),
    Map(Box<ValueType>),
    /// A model by name. Names that no model has are enums that were never generated: text.
    Model(String),
}

impl ValueType {
    /// Reads a type: `str`, `list[Vcn]`, `dict(str, dict(str, object))`, `oci.core.models.Vcn`,
    /// `oci.waas.models.list[Vcn]`. Nothing when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let inside = |open: &str, close: char| text.strip_prefix(open)?.strip_suffix(close);
        if let Some(item) = inside("list[", ']') {
            return Some(ValueType::List(Box::new(Self::read(item)?)));
        }
        if let Some(value) = inside("dict(str,", ')') {
            return Some(ValueType::Map(Box::new(Self::read(value)?)));
        }
        Some(match text {
            "str" => ValueType::Text,
            "int" => ValueType::Whole,
            "float" => ValueType::Number,
            "bool" => ValueType::Flag,
            "datetime" => ValueType::Time,
            "date" => ValueType::Day,
            "object" => ValueType::Anything,
            "stream" => ValueType::Stream,
            "bytes" => ValueType::Bytes,
            name => {
                if let Some((_, inner)) = name.strip_prefix("oci.").and_then(|n| n.split_once(".models.")) {
                    return Self::read(inner);
                }
                let model = name.starts_with(|c: char| c.is_ascii_uppercase())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                return model.then(|| ValueType::Model(name.to_owned()));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_type_is_read() {
        let model = || ValueType::Model("Vcn".into());
        assert_eq!(ValueType::read("oci.core.models.Vcn"), Some(model()));
        assert_eq!(ValueType::read("oci.waas.models.list[Vcn]"), Some(ValueType::List(Box::new(model()))));
        assert_eq!(
            ValueType::read("dict(str, dict(str, object))"),
            Some(ValueType::Map(Box::new(ValueType::Map(Box::new(ValueType::Anything)))))
        );
        assert_eq!(
            ValueType::read("list[list[float]]"),
            Some(ValueType::List(Box::new(ValueType::List(Box::new(ValueType::Number)))))
        );
    }

    #[test]
    fn what_is_no_type_is_none() {
        for text in ["", "obj", "list[", "dict(int, str)", "tuple(str)", "float or tuple(float, float)"] {
            assert_eq!(ValueType::read(text), None, "{text}");
        }
    }
}
