//! Both documents of the standard, unchanged.

use synth::report::Severity;
use synth::specification::{self, Kind, Location, Method, Operation, SchemaRef, SecurityKind, Segment, Specification};

use crate::shared::{expect_lowered, lines, published, warnings};

fn bewerking() -> Specification {
    expect_lowered(specification::read(published("bewerking-openapi.yaml"))).0
}

fn inzage() -> Specification {
    expect_lowered(specification::read(published("inzage-openapi.yaml"))).0
}

fn operation<'a>(specification: &'a Specification, id: &str) -> &'a Operation {
    specification.operations.iter().find(|operation| operation.id == id).expect(id)
}

fn scopes(operation: &Operation) -> Vec<String> {
    let [requirement] = operation.security.as_slice() else { panic!("{:?}", operation.security) };
    assert_eq!(requirement.schemes.len(), 1);
    requirement.schemes["JWT-Claims"].clone()
}

fn name(schema: &SchemaRef) -> &str {
    match schema {
        SchemaRef::Named(name, _) => name,
        SchemaRef::Inline(schema) => panic!("not a name: {schema:?}"),
    }
}

#[test]
fn bewerking_operations() {
    let specification = bewerking();
    assert_eq!(specification.title, "Bewerking API voor logging van verwerkingen");
    assert_eq!(specification.version, "0.9.0");
    let operations: Vec<_> = specification
        .operations
        .iter()
        .map(|operation| {
            let scopes = scopes(operation).join(" ");
            format!("{} {} {}: {scopes}", operation.method.key(), operation.path.text, operation.id)
        })
        .collect();
    assert_eq!(
        operations,
        [
            "get /verwerkingsacties verwerkingsactie_list: read:normal read:confidential",
            "post /verwerkingsacties verwerkingsactie_create: create:normal create:confidential",
            "patch /verwerkingsacties verwerkingsactie_list_patch: update:normal update:confidential",
            "get /verwerkingsacties/{actieId} verwerkingsactie_read: read:normal read:confidential",
            "put /verwerkingsacties/{actieId} verwerkingsactie_update: update:normal update:confidential",
            "delete /verwerkingsacties/{actieId} verwerkingsactie_delete: delete:normal delete:confidential",
        ]
    );
    assert_eq!(
        specification.security_schemes["JWT-Claims"].kind,
        SecurityKind::Http { scheme: "bearer".to_owned(), bearer_format: Some("JWT".to_owned()) }
    );
}

#[test]
fn bewerking_parameters() {
    let specification = bewerking();
    let shown = |id: &str| -> Vec<String> {
        operation(&specification, id)
            .parameters
            .iter()
            .map(|parameter| {
                let optional = if parameter.required { "" } else { "?" };
                format!("{:?} {}{optional}", parameter.location, parameter.name)
            })
            .collect()
    };
    assert_eq!(
        shown("verwerkingsactie_list"),
        [
            "Query objecttype",
            "Query soortObjectId",
            "Query objectId",
            "Query beginDatum?",
            "Query eindDatum?",
            "Query vertrouwelijkheid?",
            "Query verwerkingsactiviteitId?",
        ]
    );
    assert_eq!(shown("verwerkingsactie_list_patch"), ["Query verwerkingId"]);
    assert!(shown("verwerkingsactie_create").is_empty());
    // Declared once, for the path.
    for id in ["verwerkingsactie_read", "verwerkingsactie_update", "verwerkingsactie_delete"] {
        assert_eq!(shown(id), ["Path actieId"]);
    }

    let list = operation(&specification, "verwerkingsactie_list");
    let SchemaRef::Inline(object_id) = &list.parameters[2].schema else { panic!("written in place") };
    assert_eq!((object_id.kind, object_id.max_length), (Some(Kind::String), Some(40)));
    assert_eq!(object_id.format.as_deref(), Some("identificator"));
    assert_eq!(object_id.example, Some("479580261".into()));
    let SchemaRef::Inline(confidentiality) = &list.parameters[5].schema else { panic!("written in place") };
    assert_eq!(confidentiality.kind, Some(Kind::Array));
    assert_eq!(name(confidentiality.items.as_ref().expect("a list has items")), "VertrouwelijkheidEnum");
    let read = operation(&specification, "verwerkingsactie_read");
    assert_eq!(
        read.path.segments,
        [Segment::Literal("verwerkingsacties".to_owned()), Segment::Parameter("actieId".to_owned())]
    );
    assert_eq!(read.parameters[0].location, Location::Path);
}

#[test]
fn bewerking_bodies_and_responses() {
    let specification = bewerking();
    let body = |id: &str| {
        let body = operation(&specification, id).request_body.as_ref()?;
        assert!(body.required, "{id}");
        assert_eq!(body.content.len(), 1, "{id}");
        Some(name(&body.content["application/json"]).to_owned())
    };
    assert_eq!(body("verwerkingsactie_create").as_deref(), Some("VerwerkingsactieUitgebreidBasis"));
    assert_eq!(body("verwerkingsactie_update").as_deref(), Some("VerwerkingsactieUitgebreid"));
    assert_eq!(body("verwerkingsactie_list_patch").as_deref(), Some("PatchRequestBody"));
    for id in ["verwerkingsactie_list", "verwerkingsactie_read", "verwerkingsactie_delete"] {
        assert_eq!(body(id), None);
    }

    for operation in &specification.operations {
        let success = match (operation.method, operation.id.as_str()) {
            (Method::Post, _) => "201",
            (Method::Patch | Method::Delete, _) => "204",
            _ => "200",
        };
        let (first, response) = operation.responses.get_index(0).expect("there is one");
        assert_eq!(first, success, "{}", operation.id);
        assert_eq!(response.content.is_empty(), success == "204", "{}", operation.id);
        for (status, response) in &operation.responses {
            assert!(response.headers.contains_key("API-version"), "{} {status}", operation.id);
            if status.starts_with('2') {
                continue;
            }
            let wanted = if status == "400" { "ValidatieFout" } else { "Fout" };
            assert_eq!(name(&response.content["application/problem+json"]), wanted, "{} {status}", operation.id);
        }
    }
    let created = &operation(&specification, "verwerkingsactie_create").responses["201"];
    assert_eq!(name(&created.content["application/json"]), "VerwerkingsactieUitgebreid");
    let Some(SchemaRef::Inline(location)) = &created.headers["Location"].schema else { panic!("it has a schema") };
    assert_eq!(location.format.as_deref(), Some("uri"));
    let statuses: Vec<_> =
        operation(&specification, "verwerkingsactie_list").responses.keys().map(String::as_str).collect();
    assert_eq!(statuses, ["200", "400", "401", "403", "406", "409", "410", "415", "429", "500", "501", "503"]);
}

#[test]
fn bewerking_schemas_merge() {
    let specification = bewerking();
    assert_eq!(specification.schemas.len(), 11);
    let schema = SchemaRef::Named("VerwerkingsactieUitgebreidBasis".to_owned(), 0..0);
    let whole = specification::flatten(&specification, &schema).expect("it merges");
    assert!(whole.all_of.is_empty());
    assert_eq!(whole.kind, Some(Kind::Object));
    assert_eq!(whole.title.as_deref(), Some("Verwerkingsactie uitgebreid"));
    assert_eq!(whole.properties.len(), 22);
    assert_eq!(
        whole.required,
        ["url", "actieId", "vertrouwelijkheid", "tijdstip", "tijdstipRegistratie", "verwerkteObjecten"]
    );
    let SchemaRef::Inline(objects) = &whole.properties["verwerkteObjecten"] else { panic!("written in place") };
    assert_eq!(name(objects.items.as_ref().expect("a list has items")), "VerwerktObjectBasis");
    let SchemaRef::Inline(executor) = &whole.properties["uitvoerder"] else { panic!("written in place") };
    assert_eq!(executor.pattern.as_deref(), Some("[0-9]{20}"));
    assert_eq!(executor.example, Some("00000001821002193000".into()));
    let SchemaRef::Inline(url) = &whole.properties["url"] else { panic!("written in place") };
    assert!(url.read_only);
}

#[test]
fn inzage_operations() {
    let specification = inzage();
    let operations: Vec<_> = specification
        .operations
        .iter()
        .map(|operation| (operation.method, operation.path.text.as_str(), operation.id.as_str()))
        .collect();
    assert_eq!(
        operations,
        [
            (Method::Get, "/verwerkte-objecten", "verwerkte-objecten_list"),
            (Method::Get, "/verwerkte-objecten/{verwerktObjectId}", "verwerktobject_read"),
        ]
    );
    let list = operation(&specification, "verwerkte-objecten_list");
    let required: Vec<_> =
        list.parameters.iter().filter(|parameter| parameter.required).map(|parameter| &*parameter.name).collect();
    assert_eq!(required, ["objecttype", "soortObjectId", "objectId", "beginDatum", "eindDatum"]);
    for operation in &specification.operations {
        assert_eq!(scopes(operation), ["read:normal", "read:confidential"]);
    }
    // A reference from a property stays one.
    let schema = SchemaRef::Named("VerwerktObjectUitgebreid".to_owned(), 0..0);
    let whole = specification::flatten(&specification, &schema).expect("it merges");
    assert_eq!(name(&whole.properties["verwerkingsactie"]), "VerwerkingsactieBeperkt");
    assert_eq!(whole.properties.len(), 8);
}

#[test]
fn what_is_left_out_is_named_once() {
    for file in ["bewerking-openapi.yaml", "inzage-openapi.yaml"] {
        let (_, found) = expect_lowered(specification::read(published(file)));
        let notes = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Note);
        let mut messages: Vec<_> = notes.map(|note| note.message.as_str()).collect();
        messages.sort_unstable();
        let example = if file.starts_with("bew") { 3 } else { 2 };
        assert_eq!(
            messages,
            [
                "`contact` of `info` is left out",
                &format!("`example` of a parameter is left out ({example} times)"),
                "`license` of `info` is left out",
                "`servers` of an OpenAPI document is left out",
            ],
            "{file}"
        );
    }
}

#[test]
fn the_one_flaw_is_a_warning() {
    let (_, found) = expect_lowered(specification::read(published("bewerking-openapi.yaml")));
    assert_eq!(lines(&warnings(&found)), "");
    // `verwerkteObjecten` is required and commented out.
    let (_, found) = expect_lowered(specification::read(published("inzage-openapi.yaml")));
    assert_eq!(
        lines(&warnings(&found)),
        "477:11: the property `verwerkteObjecten` is required and not described | describe it in `properties`"
    );
}
