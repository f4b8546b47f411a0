// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.NearestWord;

/** What to say of a variable that sets no key. Pure. */
final class UnknownVariable {
    private UnknownVariable() {}

    /** Says what was probably meant: a key that is written almost so, the same key of another table, or nothing. */
    static String problem(String variable, List<List<String>> keys) {
        List<List<String>> patterns = keys.stream()
                .filter(each -> VariableSettings.isSetting(VariableSettings.of(each)))
                .toList();
        return near(variable, patterns)
                .or(() -> sameKey(variable, patterns))
                .map(meant -> "unknown variable: did you mean '" + meant + "'?")
                .orElse("unknown variable: docs/reference/configuration.md has the keys");
    }

    private static Optional<String> near(String variable, List<List<String>> patterns) {
        return patterns.stream()
                .flatMap(each ->
                        named(each, variable).filter(known -> NearestWord.distance(variable, known) <= most(each)))
                .min(Comparator.comparingInt((String each) -> NearestWord.distance(variable, each))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static int most(List<String> pattern) {
        return Math.max(2, pattern.getLast().length() / 3);
    }

    /** The variables of a key, with each name that this one may have in its place. */
    private static Stream<String> named(List<String> pattern, String variable) {
        if (!pattern.contains("*")) {
            return Stream.of(VariableSettings.of(pattern));
        }
        String[] words = variable.split("_", -1);
        List<String> names = new ArrayList<>();
        for (int end = 3; end < words.length; end++) {
            names.add(String.join("_", List.of(words).subList(2, end)));
        }
        return names.stream()
                .filter(each -> !each.isEmpty())
                .map(each -> VariableSettings.of(pattern).replace("*", each));
    }

    private static Optional<String> sameKey(String variable, List<List<String>> patterns) {
        return patterns.stream()
                .filter(each -> each.size() > 2)
                .filter(each ->
                        variable.endsWith("_" + VariableSettings.shout(String.join("_", each.subList(2, each.size())))))
                .max(Comparator.comparingInt(List::size))
                .map(each -> VariableSettings.of(each).replace("*", "NAME"));
    }
}
