//! The shape of a document: how much there is of it once every fragment is written out where it is spread.
//!
//! The engine behind walks the written-out document several times, so nothing may reach it whose written-out size was
//! not bounded before. Every fragment is looked at once here, whatever the number of its spreads.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{Directive, ExecutableDocument, Selection, SelectionSet},
};

use super::limits::{ALIASES, DEFINITIONS, DEPTH, DIRECTIVES, Over, SELECTIONS, SELECTIONS_DEEP, VARIABLES};

/// What was counted in a selection set with its fragments written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    selections: usize,
    aliases: usize,
    /// Levels of fields.
    depth: usize,
    /// Levels of selection sets, of fragments as well.
    deep: usize,
}

impl Shape {
    /// Beside it.
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.deep = self.deep.max(other.deep);
    }
}

/// A fragment that was begun, or counted.
enum Known {
    Begun,
    Counted(Shape),
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    fragments: HashMap<&'a Name, Known>,
}

/// Holds a document to the limits that do not depend on its variables.
pub(crate) fn check(document: &ExecutableDocument) -> Result<(), Over> {
    if document.fragments.len() > DEFINITIONS {
        return Err(Over::Fragments);
    }
    if document.operations.iter().count() > DEFINITIONS {
        return Err(Over::Operations);
    }
    let mut counter = Counter { document, fragments: HashMap::new() };
    let mut selections = 0_usize;
    for (_, operation) in document.operations.iter() {
        let variables = &operation.node.variable_definitions;
        if variables.len() > VARIABLES {
            return Err(Over::Variables(operation.pos));
        }
        directives(&operation.node.directives, operation.pos)?;
        for variable in variables {
            directives(&variable.node.directives, variable.pos)?;
        }
        let shape = counter.set(&operation.node.selection_set, 1)?;
        selections = selections.saturating_add(shape.selections);
        held(shape, selections, operation.pos)?;
    }
    // A fragment that is spread nowhere is validated all the same.
    for (name, fragment) in &document.fragments {
        let shape = counter.fragment(name, fragment.pos, 1)?;
        selections = selections.saturating_add(shape.selections);
        held(shape, selections, fragment.pos)?;
    }
    Ok(())
}

fn held(shape: Shape, selections: usize, pos: Pos) -> Result<(), Over> {
    if shape.deep > SELECTIONS_DEEP {
        Err(Over::SelectionsDeep(pos))
    } else if shape.depth > DEPTH {
        Err(Over::Depth(pos))
    } else if shape.aliases > ALIASES {
        Err(Over::Aliases)
    } else if selections > SELECTIONS {
        Err(Over::Selections)
    } else {
        Ok(())
    }
}

impl<'a> Counter<'a> {
    /// `level` bounds the recursion: how deep this one is called.
    fn set(&mut self, set: &'a Positioned<SelectionSet>, level: usize) -> Result<Shape, Over> {
        let mut shape = Shape::default();
        if set.node.items.is_empty() {
            return Ok(shape);
        }
        if level > SELECTIONS_DEEP {
            return Err(Over::SelectionsDeep(set.pos));
        }
        for selection in &set.node.items {
            let within = match &selection.node {
                Selection::Field(field) => {
                    directives(&field.node.directives, field.pos)?;
                    let within = self.set(&field.node.selection_set, level + 1)?;
                    Shape {
                        aliases: within.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                        depth: within.depth + 1,
                        ..within
                    }
                }
                Selection::InlineFragment(fragment) => {
                    directives(&fragment.node.directives, fragment.pos)?;
                    self.set(&fragment.node.selection_set, level + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    directives(&spread.node.directives, spread.pos)?;
                    self.fragment(&spread.node.fragment_name.node, spread.pos, level + 1)?
                }
            };
            shape.add(Shape { selections: within.selections.saturating_add(1), ..within });
        }
        shape.deep += 1;
        Ok(shape)
    }

    /// Nothing for a fragment that is not there: validation says so.
    fn fragment(&mut self, name: &Name, pos: Pos, level: usize) -> Result<Shape, Over> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Shape::default());
        };
        match self.fragments.get(name) {
            Some(Known::Begun) => return Err(Over::Cycle(pos, name.as_str().into())),
            Some(Known::Counted(shape)) => return Ok(*shape),
            None => {}
        }
        self.fragments.insert(name, Known::Begun);
        directives(&fragment.node.directives, fragment.pos)?;
        let shape = self.set(&fragment.node.selection_set, level)?;
        self.fragments.insert(name, Known::Counted(shape));
        Ok(shape)
    }
}

fn directives(at: &[Positioned<Directive>], pos: Pos) -> Result<(), Over> {
    if at.len() > DIRECTIVES { Err(Over::Directives(pos)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::engine::reader::read;

    use super::*;

    fn checked(text: &str) -> Result<(), Over> {
        check(&read(text).unwrap().document)
    }

    fn fields(from: usize, to: usize) -> String {
        (from..to).map(|number| format!("a{number}: a ")).collect()
    }

    #[test]
    fn aliases_count_wherever_a_fragment_is_spread() {
        assert_eq!(checked(&format!("{{ {} }}", fields(0, ALIASES))), Ok(()));
        assert_eq!(checked(&format!("{{ {} }}", fields(0, ALIASES + 1))), Err(Over::Aliases));
        let twice = format!("{{ ...F b {{ ...F }} }} fragment F on Q {{ {} }}", fields(0, 26));
        assert_eq!(checked(&twice), Err(Over::Aliases));
        let nested = "{ ...A ...A } fragment A on Q { ...B ...B } fragment B on Q { ...C ...C }";
        assert_eq!(checked(&format!("{nested} fragment C on Q {{ {} }}", fields(0, 6))), Ok(()));
        assert_eq!(checked(&format!("{nested} fragment C on Q {{ {} }}", fields(0, 7))), Err(Over::Aliases));
        let each = format!("query A {{ {} }} query B {{ {} }}", fields(0, 50), fields(0, 50));
        assert_eq!(checked(&each), Ok(()), "each operation by itself");
    }

    #[test]
    fn a_fragment_that_doubles_and_doubles_is_counted_at_once() {
        let doubling = |levels: usize| {
            let chain = |n: usize| format!("fragment F{n} on Q {{ ...F{0} ...F{0} }} ", n + 1);
            let chain: String = (0..levels).map(chain).collect();
            format!("{{ ...F0 }} {chain} fragment F{levels} on Q {{ a }}")
        };
        assert_eq!(checked(&doubling(10)), Ok(()));
        assert_eq!(checked(&doubling(13)), Err(Over::Selections));
        assert_eq!(checked(&doubling(30)), Err(Over::Selections));
        assert!(matches!(checked(&doubling(31)), Err(Over::SelectionsDeep(_))));
        assert!(matches!(checked(&doubling(98)), Err(Over::SelectionsDeep(_))));
        assert_eq!(checked(&doubling(100)), Err(Over::Fragments));
    }

    #[test]
    fn cycles_end() {
        for text in [
            "{ ...A } fragment A on Q { ...A }",
            "{ ...A } fragment A on Q { a { ...B } } fragment B on Q { ... on Q { ...A } }",
            "{ a } fragment A on Q { ...B } fragment B on Q { ...A }",
        ] {
            assert!(matches!(checked(text), Err(Over::Cycle(..))), "{text}");
        }
        assert_eq!(checked("{ ...Nowhere }"), Ok(()), "validation says so");
    }

    #[test]
    fn depth_counts_fields_through_fragments() {
        let deep = |levels: usize| format!("{{ {}a{} }}", "a { ".repeat(levels - 1), "} ".repeat(levels - 1));
        assert_eq!(checked(&deep(DEPTH)), Ok(()));
        assert!(matches!(checked(&deep(DEPTH + 1)), Err(Over::Depth(_))));
        let inline = format!("{{ {}a{} }}", "... { ".repeat(31), "} ".repeat(31));
        assert_eq!(checked(&inline), Ok(()));
        let inline = format!("{{ {}a{} }}", "... { ".repeat(32), "} ".repeat(32));
        assert!(matches!(checked(&inline), Err(Over::SelectionsDeep(_))));
        let spread = format!("{{ a {{ ...F }} }} fragment F on Q {}", deep(14));
        assert_eq!(checked(&spread), Ok(()));
        let spread = format!("{{ a {{ ...F }} }} fragment F on Q {}", deep(15));
        assert!(matches!(checked(&spread), Err(Over::Depth(_))));
    }

    #[test]
    fn directives_count_at_each_place() {
        let many = |count: usize| "@d ".repeat(count);
        for place in
            ["{ a HERE }", "{ ... HERE { a } }", "{ ...F HERE } fragment F on Q { a }", "query HERE { a }"]
        {
            assert_eq!(checked(&place.replace("HERE", &many(10))), Ok(()), "{place}");
            assert!(
                matches!(checked(&place.replace("HERE", &many(11))), Err(Over::Directives(_))),
                "{place}"
            );
        }
        let place = "{ a } fragment F on Q HERE { a }";
        assert!(matches!(checked(&place.replace("HERE", &many(11))), Err(Over::Directives(_))));
        let place = "query($v: Int HERE) { a }";
        assert!(matches!(checked(&place.replace("HERE", &many(11))), Err(Over::Directives(_))));
    }

    #[test]
    fn definitions_are_bounded() {
        let operations = |count| (0..count).map(|n| format!("query Q{n} {{ a }} ")).collect::<String>();
        assert_eq!(checked(&operations(100)), Ok(()));
        assert_eq!(checked(&operations(101)), Err(Over::Operations));
        let variables = |count| (0..count).map(|n| format!("$v{n}: Int ")).collect::<String>();
        assert_eq!(checked(&format!("query({}) {{ a }}", variables(100))), Ok(()));
        assert!(matches!(checked(&format!("query({}) {{ a }}", variables(101))), Err(Over::Variables(_))));
        let many = format!("{{ {} }}", "a ".repeat(SELECTIONS / 2 + 1));
        assert_eq!(checked(&many), Ok(()));
        assert_eq!(checked(&format!("query A {many} query B {many}")), Err(Over::Selections));
    }
}
