//! What an index says of a package: a page of links (PEP 503) or JSON (PEP 691).

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::PackageFile;
use super::choose::Candidate;

/// Where a file is, and how one can tell that it is unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) url: Url,
    /// In lower case.
    pub(super) sha256: Option<String>,
    pub(super) size: Option<u64>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    meta: Meta,
    files: Vec<File>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    /// False, true, or the reason.
    #[serde(default)]
    yanked: Value,
    size: Option<u64>,
}

/// Reads JSON; addresses are relative to the page's own.
pub(super) fn from_json(text: &[u8], base: &Url) -> Result<Vec<Candidate<Remote>>, String> {
    let page: Page = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    if let Some(version) = page.meta.api_version.filter(|version| !version.starts_with("1.")) {
        return Err(format!("it speaks version {version} of the interface, and this program speaks 1"));
    }
    let mut found = Vec::new();
    for listed in page.files {
        let Some(file) = PackageFile::parse(&listed.filename) else { continue };
        let url = base.join(&listed.url).map_err(|e| format!("{}: {e}", listed.filename))?;
        let sha256 = listed.hashes.get("sha256").and_then(|hash| hash_of(hash));
        let yanked = !matches!(listed.yanked, Value::Null | Value::Bool(false));
        found.push(Candidate { file, yanked, place: Remote { url, sha256, size: listed.size } });
    }
    Ok(found)
}

/// Reads a page of links; addresses are relative to the page's own.
pub(super) fn from_html(text: &str, base: &Url) -> Result<Vec<Candidate<Remote>>, String> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // HTML is not XML: elements stay open, and an ampersand may stand alone.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let (mut found, mut is_html) = (Vec::new(), false);
    loop {
        let element = match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(element) | Event::Empty(element) => element,
            Event::DocType(_) => {
                is_html = true;
                continue;
            }
            Event::Eof if is_html => return Ok(found),
            Event::Eof => return Err("it is no page of links".into()),
            _ => continue,
        };
        let name = element.name();
        is_html |= name.as_ref().eq_ignore_ascii_case("html") || name.as_ref().eq_ignore_ascii_case("a");
        if !name.as_ref().eq_ignore_ascii_case("a") {
            continue;
        }
        let (mut href, mut yanked) = (None, false);
        for attribute in element.html_attributes().with_checks(false).flatten() {
            let key: &str = attribute.key.as_ref();
            if key.eq_ignore_ascii_case("href") {
                let raw: &str = attribute.value.as_ref();
                href = Some(unescape(raw).map_or_else(|_| raw.to_owned(), |plain| plain.into_owned()));
            }
            yanked |= key.eq_ignore_ascii_case("data-yanked");
        }
        let Some(mut url) = href.and_then(|href| base.join(href.trim()).ok()) else { continue };
        let sha256 = url.fragment().and_then(|fragment| hash_of(fragment.strip_prefix("sha256=")?));
        url.set_fragment(None);
        let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let last = percent_decode_str(last).decode_utf8_lossy().into_owned();
        if let Some(file) = PackageFile::parse(&last) {
            found.push(Candidate { file, yanked, place: Remote { url, sha256, size: None } });
        }
    }
}

/// A SHA-256 in lower case; nothing for other text.
fn hash_of(text: &str) -> Option<String> {
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn base() -> Url {
        Url::parse("https://host.example/simple/oci/").unwrap()
    }

    fn hash(c: char) -> String {
        std::iter::repeat_n(c, 64).collect()
    }

    #[test]
    fn a_page_of_links_and_json_say_the_same() {
        let (a, b) = (hash('a'), hash('B'));
        let html = format!(
            "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" content=\"1.0\"><title>Links & oci</title>\n\
             </head><body><h1>Links for oci</h1>\n\
             <a href=\"../../files/oci-1.0-py3-none-any.whl#sha256={a}\" data-requires-python=\"&gt;=3.7\">x</a><br>\n\
             <A HREF='https://files.example/p/oci-1.1.tar.gz?k=1&amp;l=2#sha256={b}' data-yanked>x</A><br/>\n\
             <a href=\"oci-1.2%2Blocal-py3-none-any.whl#md5=00\" data-yanked=\"bad\">x</a>\n<a href=\"readme.txt\">x</a></body></html>"
        );
        let document = json!({
            "meta": {"api-version": "1.4"},
            "files": [
                {"filename": "oci-1.0-py3-none-any.whl", "url": "../../files/oci-1.0-py3-none-any.whl", "hashes": {"sha256": a}},
                {"filename": "oci-1.1.tar.gz", "url": "https://files.example/p/oci-1.1.tar.gz?k=1&l=2", "hashes": {"sha256": b}, "yanked": true},
                {"filename": "oci-1.2+local-py3-none-any.whl", "url": "oci-1.2%2Blocal-py3-none-any.whl", "hashes": {"md5": "00"}, "yanked": "bad"},
                {"filename": "readme.txt", "url": "readme.txt", "hashes": {}},
            ],
        });
        let said = |found: Vec<Candidate<Remote>>| -> Vec<_> {
            found
                .into_iter()
                .map(|c| (c.file.file, c.yanked, c.place.url.to_string(), c.place.sha256))
                .collect()
        };
        let html = said(from_html(&html, &base()).unwrap());
        assert_eq!(html, said(from_json(document.to_string().as_bytes(), &base()).unwrap()));
        assert_eq!(html.len(), 3);
        assert_eq!(html[0].2, "https://host.example/files/oci-1.0-py3-none-any.whl");
        assert_eq!(html[1].3.as_deref(), Some(hash('b').as_str()));
        assert!(!html[0].1 && html[1].1 && html[2].1 && html[2].3.is_none());
    }

    #[test]
    fn what_is_no_list_of_files_is_an_error() {
        assert!(from_json(b"{}", &base()).is_err() && from_json(b"<html>", &base()).is_err());
        let newer = json!({"meta": {"api-version": "2.0"}, "files": []}).to_string();
        assert!(from_json(newer.as_bytes(), &base()).unwrap_err().contains("2.0"));
        assert!(from_html("Not found", &base()).is_err());
        assert!(from_html("<html>nothing</html>", &base()).unwrap().is_empty());
    }
}
