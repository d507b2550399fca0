//! The permission tree of a plugin.
#![allow(clippy::unwrap_used, reason = "tests")]

use kith_plugin_manifest::{Limits, Node, Tree, TreeRefusal};

fn node(code: &str, parent: Option<u32>) -> Node {
    Node {
        code: code.into(),
        parent,
        risk: 1,
        flags: 0,
        title_en: "Print".into(),
        title_zh: "打印".into(),
        help: "Prints a waybill.\nOn paper.".into(),
    }
}

fn check(nodes: Vec<Node>) -> Result<Tree, TreeRefusal> {
    Tree::check(nodes, Some("acme"), Limits::STANDARD)
}

fn code(nodes: Vec<Node>) -> &'static str {
    check(nodes).expect_err("must be refused").code()
}

#[test]
fn the_order_of_telling_does_not_change_the_digest() {
    let told = check(vec![node("acme", None), node("acme.a", Some(0)), node("acme.b", Some(1))]).unwrap();
    let other = check(vec![node("acme.b", Some(2)), node("acme", None), node("acme.a", Some(1))]).unwrap();
    assert_eq!(told.digest(), other.digest());
    assert_eq!(told.parent(&told.nodes()[2]), Some("acme.a"));
}

#[test]
fn every_part_of_a_node_is_in_the_digest() {
    let base = vec![node("acme", None), node("acme.a", Some(0))];
    let digest = check(base.clone()).unwrap().digest();
    let changes: [fn(&mut Node); 7] = [
        |n| n.code.push('x'),
        |n| n.parent = None,
        |n| n.risk = 2,
        |n| n.flags = 1,
        |n| n.title_en.push('x'),
        |n| n.title_zh.push('x'),
        |n| n.help.push('x'),
    ];
    for change in changes {
        let mut nodes = base.clone();
        change(&mut nodes[1]);
        assert_ne!(check(nodes).unwrap().digest(), digest);
    }
}

#[test]
fn a_cycle_is_refused() {
    assert_eq!(code(vec![node("acme.a", Some(0))]), "TREE_CYCLE");
    assert_eq!(code(vec![node("acme.a", Some(1)), node("acme.b", Some(0))]), "TREE_CYCLE");
    // One that leads into a cycle without being on it.
    assert_eq!(code(vec![node("acme.a", Some(1)), node("acme.b", Some(2)), node("acme.c", Some(1))]), "TREE_CYCLE");
}

#[test]
fn a_doubled_code_is_refused() {
    assert_eq!(code(vec![node("acme.a", None), node("acme.a", None)]), "TREE_DOUBLED");
}

#[test]
fn a_foreign_prefix_is_refused() {
    for foreign in ["refund.approve", "acmeevil.a", "acme_x"] {
        assert_eq!(code(vec![node(foreign, None)]), "TREE_FOREIGN");
    }
}

#[test]
fn a_code_with_odd_characters_is_refused() {
    for odd in ["", "Acme.a", "acme..a", "acme.a ", "acme.\u{430}", "acme.1", "acme.a\0"] {
        assert_eq!(code(vec![node(odd, None)]), "TREE_CODE", "{odd:?}");
    }
}

#[test]
fn a_hundred_thousand_nodes_are_refused() {
    let nodes = (0..100_000).map(|i| node(&format!("acme.a{i}"), None)).collect();
    assert_eq!(code(nodes), "TREE_TOO_MANY");
}

#[test]
fn a_title_of_a_megabyte_is_refused() {
    assert_eq!(code(vec![Node { title_en: "x".repeat(1 << 20), ..node("acme.a", None) }]), "TREE_TEXT");
    assert_eq!(code(vec![Node { help: "x".repeat(1 << 20), ..node("acme.a", None) }]), "TREE_TEXT");
}

#[test]
fn empty_and_misleading_titles_are_refused() {
    let hidden = ["\u{61c}Print", "Pr\u{2028}int", "Pr\u{2060}int", "Pr\u{ad}int", "Print\u{e0041}"];
    for title in ["", "  ", "Print\n", "\u{202e}tnirP", "Pr\u{200b}int", "\0"].into_iter().chain(hidden) {
        assert_eq!(code(vec![Node { title_zh: title.into(), ..node("acme.a", None) }]), "TREE_TEXT", "{title:?}");
    }
}

#[test]
fn a_parent_that_is_not_there_and_too_many_levels_are_refused() {
    assert_eq!(code(vec![node("acme.a", Some(9))]), "TREE_PARENT");
    let chain = (0..9).map(|i: u32| node(&format!("acme.a{i}"), i.checked_sub(1))).collect();
    assert_eq!(code(chain), "TREE_TOO_DEEP");
}

#[test]
fn role_and_tree_must_fit() {
    assert_eq!(check(vec![]).unwrap_err(), TreeRefusal::Role);
    let adviser = |nodes| Tree::check(nodes, None, Limits::STANDARD);
    assert!(adviser(vec![]).is_ok());
    assert_eq!(adviser(vec![node("acme.a", None)]).unwrap_err(), TreeRefusal::Role);
}
