//! Whether the model can be reached and is there, for `doctor`.

use serde_json::{Value, json};

use super::failure::Failure;
use super::planner::OpenAi;
use crate::protocol::Problem;
use crate::text::line;

/// How many names are offered when the right one is not among them.
const OFFERED: usize = 5;

impl OpenAi {
    /// Looks whether the endpoint answers and has the model: asks for its list of models, or,
    /// where there is no such list, for an answer of one token. The answer is one line.
    ///
    /// # Errors
    ///
    /// The endpoint does not answer, wants another key, or does not know the model.
    pub async fn check(&self) -> Result<String, Problem> {
        let connection = self.connection().map_err(|f| self.problem(&f))?;
        match connection.models().await {
            Ok(list) if names(&list).is_empty() => self.probe().await,
            Ok(list) => self.listed(&names(&list)),
            // Some endpoints have no list, and some keys may not read it.
            Err(Failure::Status { code: 403..=405 | 501, .. } | Failure::Garbage(_)) => self.probe().await,
            Err(failure) => Err(self.problem(&failure)),
        }
    }

    fn listed(&self, names: &[String]) -> Result<String, Problem> {
        let wanted = self.model();
        // Ollama lists `qwen3:latest` for `qwen3`.
        let same = |name: &String| name == wanted || name.strip_suffix(":latest") == Some(wanted);
        if names.iter().any(same) {
            return Ok(line(&format!("{wanted} is there; {} lists {} models", self.base(), names.len())));
        }
        let mut nearest: Vec<&String> = names.iter().collect();
        nearest.sort_by(|a, b| strsim::jaro_winkler(b, wanted).total_cmp(&strsim::jaro_winkler(a, wanted)));
        let offered: Vec<&str> = nearest.into_iter().take(OFFERED).map(String::as_str).collect();
        Err(Problem {
            what: line(&format!("The endpoint has no model {wanted}")),
            why: line(&format!(
                "{} lists {} others, nearest: {}",
                self.base(),
                names.len(),
                offered.join(", ")
            )),
            fix: "set `name` under `model` in settings.yaml to one of them".into(),
        })
    }

    async fn probe(&self) -> Result<String, Problem> {
        let request = json!({
            "model": self.model(), "stream": true, "max_tokens": 1,
            "messages": [{"role": "user", "content": "Say yes."}],
        });
        let connection = self.connection().map_err(|f| self.problem(&f))?;
        connection.exchange(&request, |_| {}).await.map_err(|f| self.problem(&f))?;
        Ok(line(&format!("{} answers at {}", self.model(), self.base())))
    }
}

/// The names in a list of models, in the forms that endpoints send.
fn names(list: &Value) -> Vec<String> {
    let items = ["data", "models"].iter().find_map(|name| list.get(name)?.as_array()).or(list.as_array());
    let name = |item: &Value| {
        let named = ["id", "name", "model"].iter().find_map(|name| item.get(name)?.as_str());
        named.or(item.as_str()).map(str::to_owned)
    };
    items.into_iter().flatten().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn lists_of_models_are_read_in_several_forms() {
        for list in [
            json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}),
            json!({"models": [{"name": "a"}, {"name": "b"}]}),
            json!(["a", "b"]),
        ] {
            assert_eq!(names(&list), ["a", "b"], "{list}");
        }
        assert!(names(&json!({"error": "x"})).is_empty());
    }
}
