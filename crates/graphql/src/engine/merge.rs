//! What is executed of an operation: fields of one response key are one (specification of September 2025, 6.3.2
//! CollectFields and 6.4.3 MergeSelectionSets), wherever they are selected.
//!
//! The library executes every selection by itself and puts the answers together as far as it can. So it is given a
//! document in which each key stands once: without fragments, without what is skipped, and with values in the place of
//! variables. Of an interface it is told apart for each object what is selected, where that differs.
//!
//! Absent on purpose: whether what is merged agrees. The rules have seen to that.

use async_graphql::{
    Name, Pos, Positioned, Value as Const,
    indexmap::IndexMap,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, InlineFragment, OperationDefinition,
        Selection, SelectionSet, TypeCondition,
    },
};
use async_graphql_value::Value;

use super::{
    inputs::Inputs,
    limits::{Over, SELECTIONS},
    model::{Composite, Model, named},
    rules::Mistake,
};

/// The response key of `__typename` where nothing else keeps an object, or tells what it is. No name of a document is like
/// it, and it is taken out of the answer.
pub(crate) const OWN: &str = "?";
const TYPENAME: &str = "__typename";

/// Most fields that are executed. An interface has what is selected of it once for each object.
const MOST: usize = 4 * SELECTIONS;

/// The fields of a key, wherever they are selected.
type Group<'a> = Vec<&'a Positioned<Field>>;

/// What is run.
#[derive(Debug)]
pub(crate) struct Merged {
    pub document: ExecutableDocument,
    /// Fields in it.
    pub fields: usize,
}

struct Merger<'a> {
    model: &'a Model,
    document: &'a ExecutableDocument,
    inputs: &'a Inputs<'a>,
    made: usize,
}

/// The operation of a valid document, ready to be executed.
///
/// # Errors
/// A value that does not fit, where only the variables tell.
pub(crate) fn merge<'a>(
    model: &'a Model,
    document: &'a ExecutableDocument,
    operation: &'a Positioned<OperationDefinition>,
    inputs: &'a Inputs<'a>,
) -> Result<Merged, Mistake> {
    let mut merger = Merger { model, document, inputs, made: 0 };
    let selection_set = match model.root(operation.node.ty) {
        Some(root) => merger.merged(&[&operation.node.selection_set], root)?,
        None => Positioned::default(),
    };
    let merged = OperationDefinition {
        ty: operation.node.ty,
        variable_definitions: Vec::new(),
        directives: Vec::new(),
        selection_set,
    };
    let operations = DocumentOperations::Single(Positioned::new(merged, operation.pos));
    let document = ExecutableDocument { operations, fragments: Default::default() };
    Ok(Merged { document, fields: merger.made })
}

impl<'a> Merger<'a> {
    /// What is selected of a type, as one set.
    fn merged(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        of: &Name,
    ) -> Result<Positioned<SelectionSet>, Mistake> {
        let pos = sets.first().map(|set| set.pos).unwrap_or_default();
        let model = self.model;
        let items = match model.composite(of) {
            Some(several) if !several.is_object && !self.is_alike(sets, several)? => {
                let mut items = vec![own(pos)];
                for object in &several.possible {
                    let fields = self.fields(sets, object)?;
                    if !fields.is_empty() {
                        items.push(on(object, fields, pos));
                    }
                }
                items
            }
            _ => {
                let fields = self.fields(sets, of)?;
                if fields.is_empty() { vec![own(pos)] } else { fields }
            }
        };
        Ok(Positioned::new(SelectionSet { items }, pos))
    }

    /// Whether the same is selected of every object that it may be.
    fn is_alike(&self, sets: &[&'a Positioned<SelectionSet>], of: &Composite) -> Result<bool, Mistake> {
        let mut met = Vec::new();
        let mut next = sets.to_vec();
        while let Some(set) = next.pop() {
            for selection in &set.node.items {
                // First of all: a fragment that is skipped here may be taken where it is spread again.
                if !self.is_taken(&selection.node)? {
                    continue;
                }
                let (on, within) = match &selection.node {
                    Selection::Field(_) => continue,
                    Selection::InlineFragment(fragment) => {
                        let on =
                            fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                        (on, &fragment.node.selection_set)
                    }
                    Selection::FragmentSpread(spread) => {
                        let name = &spread.node.fragment_name.node;
                        let Some(fragment) = self.document.fragments.get(name) else { continue };
                        if met.contains(&name) {
                            continue;
                        }
                        met.push(name);
                        (Some(&fragment.node.type_condition.node.on.node), &fragment.node.selection_set)
                    }
                };
                if on.is_some_and(|on| !self.is_all(on, of)) {
                    return Ok(false);
                }
                next.push(within);
            }
        }
        Ok(true)
    }

    /// Whether a fragment on a type applies to whatever another may be.
    fn is_all(&self, on: &Name, of: &Composite) -> bool {
        let on = self.model.composite(on);
        on.is_some_and(|on| of.possible.iter().all(|object| on.possible.binary_search(object).is_ok()))
    }

    fn applies(&self, on: &Name, of: &Name) -> bool {
        on == of || self.model.composite(of).is_some_and(|of| self.is_all(on, of))
    }

    /// The fields of an object, each key once, in the order in which they are first asked for.
    fn fields(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        object: &Name,
    ) -> Result<Vec<Positioned<Selection>>, Mistake> {
        let mut groups = IndexMap::new();
        let mut met = Vec::new();
        for set in sets {
            self.collect(set, object, &mut groups, &mut met)?;
        }
        let mut fields = Vec::with_capacity(groups.len());
        for group in groups.into_values() {
            let Some(first) = group.first().copied() else { continue };
            self.made += 1;
            if self.made > MOST {
                return Err(Mistake::Limit(Over::Selections));
            }
            let field = self.field(first, &group, object)?;
            fields.push(Positioned::new(Selection::Field(Positioned::new(field, first.pos)), first.pos));
        }
        Ok(fields)
    }

    fn collect(
        &self,
        set: &'a Positioned<SelectionSet>,
        object: &Name,
        groups: &mut IndexMap<&'a Name, Group<'a>>,
        met: &mut Vec<&'a Name>,
    ) -> Result<(), Mistake> {
        for selection in &set.node.items {
            if !self.is_taken(&selection.node)? {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    groups.entry(&field.node.response_key().node).or_default().push(field);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    if on.is_none_or(|on| self.applies(on, object)) {
                        self.collect(&fragment.node.selection_set, object, groups, met)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    let on = &fragment.node.type_condition.node.on.node;
                    if !met.contains(&name) && self.applies(on, object) {
                        met.push(name);
                        self.collect(&fragment.node.selection_set, object, groups, met)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A field that stands for all of its key.
    fn field(
        &mut self,
        first: &Positioned<Field>,
        group: &[&'a Positioned<Field>],
        object: &Name,
    ) -> Result<Field, Mistake> {
        let (field, model) = (&first.node, self.model);
        let mut merged = Field {
            alias: field.alias.clone(),
            name: field.name.clone(),
            arguments: Vec::new(),
            directives: Vec::new(),
            selection_set: Positioned::default(),
        };
        let Some(known) = model.field(object, &field.name.node) else { return Ok(merged) };
        for (name, value) in &field.arguments {
            let Some(argument) = known.arguments.get(&name.node) else { continue };
            let taken = self.inputs.argument(&name.node, &argument.ty, &value.node);
            let taken = taken.map_err(|misfit| Mistake::Value(misfit, None, value.pos))?;
            match taken {
                Some(taken) => {
                    merged.arguments.push((name.clone(), Positioned::new(taken.into_value(), value.pos)))
                }
                None if argument.is_required() => {
                    let misfit = crate::shape::missing(&name.node);
                    return Err(Mistake::Value(misfit, None, value.pos));
                }
                None => {}
            }
        }
        let sets = group.iter().map(|field| &field.node.selection_set);
        let sets: Vec<_> = sets.filter(|set| !set.node.items.is_empty()).collect();
        if !sets.is_empty() {
            merged.selection_set = self.merged(&sets, named(&known.ty))?;
        }
        Ok(merged)
    }

    /// Whether `@skip` and `@include` let it in.
    fn is_taken(&self, selection: &Selection) -> Result<bool, Mistake> {
        for directive in selection.directives() {
            let wanted = directive.node.name.node == "include";
            if self.condition(&directive.node)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn condition(&self, directive: &Directive) -> Result<bool, Mistake> {
        let (Some(value), Some((name, argument))) =
            (directive.get_argument("if"), self.model.condition().first())
        else {
            return Ok(false);
        };
        let taken = self.inputs.argument(name, &argument.ty, &value.node);
        match taken.map_err(|misfit| Mistake::Value(misfit, None, value.pos))? {
            Some(taken) => Ok(taken == Const::Boolean(true)),
            None => Err(Mistake::Value(crate::shape::missing(name), None, value.pos)),
        }
    }
}

fn own(pos: Pos) -> Positioned<Selection> {
    let named = |name: &str| Positioned::new(Name::new(name), pos);
    let field = Field {
        alias: Some(named(OWN)),
        name: named(TYPENAME),
        arguments: Vec::<(Positioned<Name>, Positioned<Value>)>::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    };
    Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
}

fn on(object: &Name, items: Vec<Positioned<Selection>>, pos: Pos) -> Positioned<Selection> {
    let condition = TypeCondition { on: Positioned::new(object.clone(), pos) };
    let fragment = InlineFragment {
        type_condition: Some(Positioned::new(condition, pos)),
        directives: Vec::new(),
        selection_set: Positioned::new(SelectionSet { items }, pos),
    };
    Positioned::new(Selection::InlineFragment(Positioned::new(fragment, pos)), pos)
}
