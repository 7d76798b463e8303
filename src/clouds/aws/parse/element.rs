//! XML as a small tree: names without prefixes, attributes as written, text unescaped.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Elements inside elements that are followed; a hostile answer goes deeper.
const DEEPEST: usize = 200;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The name without its prefix.
    pub(super) name: String,
    /// Attributes with their names as written.
    pub(super) attributes: Vec<(String, String)>,
    /// The text directly inside.
    pub(super) text: String,
    /// The elements directly inside.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The root of a document.
    ///
    /// # Errors
    ///
    /// It is not well-formed XML.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text =
            std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}", e.valid_up_to()))?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        loop {
            let place = reader.buffer_position();
            let wrong = |what: &dyn std::fmt::Display| format!("not XML at byte {place}: {what}");
            let event = reader.read_event().map_err(|e| wrong(&e))?;
            match event {
                Event::Start(start) => {
                    if open.len() >= DEEPEST {
                        return Err(wrong(&"elements are nested too deeply"));
                    }
                    open.push(element(&start).map_err(|e| wrong(&e))?);
                }
                Event::Empty(start) => {
                    let done = element(&start).map_err(|e| wrong(&e))?;
                    close(done, &mut open, &mut root).map_err(|e| wrong(&e))?;
                }
                Event::End(_) => {
                    let done = open.pop().ok_or_else(|| wrong(&"an element ends that never began"))?;
                    close(done, &mut open, &mut root).map_err(|e| wrong(&e))?;
                }
                Event::Text(text) => {
                    if let Some(inside) = open.last_mut() {
                        inside.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(inside) = open.last_mut() {
                        inside.text.push_str(&text);
                    }
                }
                Event::GeneralRef(name) => {
                    if let Some(inside) = open.last_mut() {
                        inside.text.push(reference(&name).map_err(|e| wrong(&e))?);
                    }
                }
                Event::Eof if open.is_empty() => {
                    return root.ok_or_else(|| "there is no document".to_owned());
                }
                Event::Eof => return Err(wrong(&"the document ends in the middle")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The root of an answer.
    ///
    /// # Errors
    ///
    /// It is not well-formed XML, or a web page that something between here and the cloud made.
    pub(super) fn answer(bytes: &[u8]) -> Result<Self, String> {
        let root = Self::parse(bytes)?;
        if root.name.eq_ignore_ascii_case("html") {
            return Err("a web page came instead of an answer".into());
        }
        Ok(root)
    }

    /// The first element of this name directly inside.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name directly inside.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), &'static str> {
    match open.last_mut() {
        Some(outer) => outer.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("a second document begins"),
    }
    Ok(())
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = unescape(&attribute.value)?;
        attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').ok_or("a reference without an end")?;
        out.push(reference(&rest[at + 1..at + end])?);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of `&name;`; documents of AWS define no names of their own.
fn reference(name: &str) -> Result<char, String> {
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    match (name, number) {
        ("amp", _) => Ok('&'),
        ("lt", _) => Ok('<'),
        ("gt", _) => Ok('>'),
        ("quot", _) => Ok('"'),
        ("apos", _) => Ok('\''),
        (_, Some(number)) => char::from_u32(number).ok_or_else(|| format!("&{name}; is no character")),
        _ => Err(format!("&{name}; is not defined")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_becomes_a_tree() {
        let root = Element::parse(
            b"<?xml version=\"1.0\"?><a:Root xmlns:a=\"u\" k=\"x &amp; y\"><B>1 &lt; 2</B><B/><![CDATA[<raw>]]></a:Root>",
        )
        .unwrap();
        assert_eq!(root.name, "Root");
        assert_eq!(root.attributes[1], ("k".to_owned(), "x & y".to_owned()));
        assert_eq!(root.children.len(), 2);
        assert_eq!((root.text_of("B"), root.text.as_str()), (Some("1 < 2"), "<raw>"));
    }

    #[test]
    fn what_is_cut_off_or_wrong_is_an_error_with_its_place() {
        for text in ["", "<a>", "<a></b>", "<a>&nope;</a>", "<a/><b/>", "plain"] {
            assert!(Element::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Element::parse(b"<a><b></a>").unwrap_err().contains("byte"));
    }

    #[test]
    fn a_very_deep_document_is_refused() {
        let text = "<a>".repeat(100_000);
        assert!(Element::parse(text.as_bytes()).unwrap_err().contains("deeply"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Element::parse(&bytes));
        }
    }
}
