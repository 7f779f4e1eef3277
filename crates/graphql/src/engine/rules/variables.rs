//! Variables, and that every fragment is used (5.5.1.4 and 5.8).

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, Value,
    parser::types::{BaseType, OperationDefinition, Type, VariableDefinition},
};

use super::{Checker, Mistake, Usage, Within, selections::Place};
use crate::engine::{
    inputs::Inputs,
    model::{Kind, named},
    refusal::{
        MISPLACED_VARIABLE, NO_INPUT_TYPE, Refusal, UNKNOWN_TYPE, UNKNOWN_VARIABLE, UNUSED_FRAGMENT,
        UNUSED_VARIABLE,
    },
};

impl<'a> Checker<'a> {
    /// The variables of an operation by themselves: their types, defaults and directives.
    pub(super) fn definitions(&mut self, operation: &'a OperationDefinition) {
        for variable in &operation.variable_definitions {
            self.directives(&variable.node.directives, Place::Definition);
            let ty = &variable.node.var_type;
            let name = named(&ty.node);
            match self.model.kind(name) {
                None => self.wrong(Refusal::new(&UNKNOWN_TYPE).with("name", name).at(ty.pos)),
                Some(Kind::Composite(_)) => {
                    let refusal = Refusal::new(&NO_INPUT_TYPE).with("name", &variable.node.name.node);
                    self.wrong(refusal.with("type", &ty.node).at(variable.pos));
                }
                Some(_) => self.default(variable),
            }
        }
    }

    fn default(&mut self, variable: &'a Positioned<VariableDefinition>) {
        if let Some(default) = &variable.node.default_value {
            let inputs = Inputs::none(self.model);
            if let Err(misfit) = inputs.default_of(&variable.node, &default.node) {
                let name = Some(variable.node.name.node.clone());
                self.mistakes.push(Mistake::Value(misfit, name, default.pos));
            }
        }
    }

    /// Each operation with all fragments that it reaches.
    pub(super) fn variables(
        &mut self,
        operations: &[(&'a Positioned<OperationDefinition>, Within<'a>)],
        fragments: &HashMap<&'a Name, Within<'a>>,
    ) {
        let mut used: HashSet<&Name> = HashSet::new();
        for (operation, within) in operations {
            let defined: HashMap<&Name, &VariableDefinition> = operation
                .node
                .variable_definitions
                .iter()
                .map(|variable| (&variable.node.name.node, &variable.node))
                .collect();
            let mut unused: HashSet<&Name> = defined.keys().copied().collect();
            let mut reached: HashSet<&Name> = HashSet::new();
            let mut next = vec![within];
            while let Some(within) = next.pop() {
                for usage in &within.usages {
                    if self.full() {
                        return;
                    }
                    unused.remove(usage.name);
                    self.usage(usage, defined.get(usage.name).copied());
                }
                let spread = within.spreads.iter().filter(|name| reached.insert(name));
                next.extend(spread.filter_map(|name| fragments.get(name)));
            }
            for variable in &operation.node.variable_definitions {
                let name = &variable.node.name.node;
                if unused.contains(name) {
                    self.wrong(Refusal::new(&UNUSED_VARIABLE).with("name", name).at(variable.pos));
                }
            }
            used.extend(reached);
        }
        for (name, fragment) in &self.document.fragments {
            if !used.contains(name) {
                self.wrong(Refusal::new(&UNUSED_FRAGMENT).with("name", name).at(fragment.pos));
            }
        }
    }

    fn usage(&mut self, usage: &Usage<'a>, defined: Option<&VariableDefinition>) {
        let Usage { name, pos, wanted, .. } = *usage;
        match defined {
            None => self.wrong(Refusal::new(&UNKNOWN_VARIABLE).with("name", name).at(pos)),
            Some(defined) if may_stand(defined, usage) => {}
            Some(defined) => {
                let ty = &defined.var_type.node;
                let refusal = Refusal::new(&MISPLACED_VARIABLE).with("name", name).with("type", ty);
                let wanted = if usage.one_of { format!("{wanted}!") } else { wanted.to_string() };
                self.wrong(refusal.with("wanted", wanted).at(pos));
            }
        }
    }
}

/// 5.8.5, IsVariableUsageAllowed.
fn may_stand(defined: &VariableDefinition, usage: &Usage<'_>) -> bool {
    let ty = &defined.var_type.node;
    if usage.one_of && ty.nullable {
        return false;
    }
    if usage.wanted.nullable || !ty.nullable {
        return fits(ty, usage.wanted);
    }
    let has_value = defined.default_value.as_ref().is_some_and(|default| default.node != Value::Null);
    let wanted = Type { base: usage.wanted.base.clone(), nullable: true };
    (has_value || usage.has_default) && fits(ty, &wanted)
}

/// AreTypesCompatible.
fn fits(ty: &Type, wanted: &Type) -> bool {
    if ty.nullable && !wanted.nullable {
        return false;
    }
    match (&ty.base, &wanted.base) {
        (BaseType::List(ty), BaseType::List(wanted)) => fits(ty, wanted),
        (BaseType::Named(ty), BaseType::Named(wanted)) => ty == wanted,
        _ => false,
    }
}
