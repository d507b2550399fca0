//! `schema.graphql` is the schema.

#[test]
fn the_schema_on_file_is_the_schema() {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, kith::server::schema::sdl()).unwrap();
    }
    let file = std::fs::read_to_string(FILE).unwrap();
    for (is, should) in kith::server::schema::sdl().lines().zip(file.lines()) {
        assert_eq!(is, should, "`cargo run -- schema print > schema.graphql` writes it anew");
    }
}

/// Every type, field, argument and enum value that is ours has a description (design, "The face").
#[test]
fn everything_is_described() {
    let schema = kith::server::schema::builder().finish();
    let answer = futures_util::FutureExt::now_or_never(schema.execute(
        "{ __schema { types { name kind description fields { name description args { name description } }
           inputFields { name description } enumValues { name description } } } }",
    ));
    let data = serde_json::to_value(answer.unwrap()).unwrap();
    let bare = |v: &serde_json::Value| v["description"].as_str().unwrap_or("").is_empty();
    let mut found = Vec::new();
    for ty in data["data"]["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        if bare(ty) {
            found.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for part in ty[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", part["name"].as_str().unwrap());
                let args = part["args"].as_array().cloned().unwrap_or_default();
                found.extend(
                    args.iter().filter(|a| bare(a)).map(|a| format!("{path}({})", a["name"].as_str().unwrap())),
                );
                if bare(part) {
                    found.push(path);
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
