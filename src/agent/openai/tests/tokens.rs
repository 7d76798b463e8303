//! What the model has to read, counted with the tokenizer of current OpenAI models.

use tiktoken_rs::o200k_base;

use super::setting::{board_of, catalog};
use crate::agent::Turn;
use crate::agent::openai::prompts;
use crate::agent::openai::request::{Abilities, request};
use crate::agent::openai::tools::propose;
use crate::catalog::describe::describe;
use crate::plan::{CloudName, OperationName, Target};

const CLOUDS: [CloudName; 3] = [CloudName::Aws, CloudName::Azure, CloudName::Oci];

fn tokens(text: &str) -> usize {
    o200k_base().unwrap().encode_ordinary(text).len()
}

#[tokio::test]
async fn all_tools_for_three_clouds_take_less_than_a_page() {
    let board = board_of(&CLOUDS, None).await;
    let mut tools = board.agent_tools();
    let turn = Turn {
        words: "hello",
        history: &[],
        board: &board,
        target: Target::Sandbox,
        region: "eu-central-1",
        constraints: "",
        hear: &|_| {},
    };
    tools.push(propose(prompts::PROPOSE.text(&turn).await));
    let sent = request("m", "s", &[], &tools, Abilities { tools: true, usage: true });
    let count = tokens(&sent["tools"].to_string());
    assert!(count <= 2_500, "{} tools take {count} tokens", tools.len());
    for cloud in CLOUDS {
        assert!(
            tools.iter().any(|tool| tool.name.starts_with(&cloud.to_string())),
            "{cloud} is out of reach"
        );
    }
}

#[test]
fn an_operation_with_many_parameters_is_described_in_few_words() {
    for (cloud, service, operation) in [
        (CloudName::Aws, "ec2", "RunInstances"),
        (CloudName::Azure, "compute", "VirtualMachines_CreateOrUpdate"),
        (CloudName::Oci, "core.compute", "LaunchInstance"),
    ] {
        let found = catalog().operation(&OperationName::new(cloud, service, operation)).unwrap();
        let text = describe(found.service(), found.operation(), None).unwrap().compact();
        let count = tokens(&text);
        assert!(count <= 1_200, "{operation} takes {count} tokens:\n{text}");
        // What is needed is said at the first level, what lies deeper on request.
        assert!(text.contains('*'), "{text}");
    }
}
