// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How many lines of Java each module has, and how many its own tests have. */
final class TestedModules {
    private static final String MAIN = "src/main/java";
    private static final String TESTS = "src/test/java";

    /** Of a module. */
    private record Lines(long main, long tests) {
        Lines plus(Lines other) {
            return new Lines(main + other.main, tests + other.tests);
        }

        String of(String module) {
            String share = main == 0 ? "" : String.format(Locale.ROOT, "%3d %%", 100 * tests / main);
            return String.format(Locale.ROOT, "%7d %7d %6s  %s", main, tests, share, module)
                    .stripTrailing();
        }
    }

    private TestedModules() {}

    /** In the order of their directories. */
    static List<String> lines(Path root) throws IOException {
        Map<String, Lines> modules = new TreeMap<>();
        // A module is at most two directories below the root.
        try (Stream<Path> poms = Files.find(root, 3, (path, attributes) -> path.endsWith("pom.xml"))) {
            for (Path module : (Iterable<Path>) poms.map(Path::getParent)::iterator) {
                Lines lines = new Lines(lines(module, MAIN), lines(module, TESTS));
                if (lines.main() + lines.tests() > 0) {
                    modules.put(root.relativize(module).toString(), lines);
                }
            }
        }
        List<String> table = new ArrayList<>();
        table.add("Lines of each module, and of its own tests:");
        modules.forEach((module, lines) -> table.add(lines.of(module)));
        table.add(modules.values().stream().reduce(new Lines(0, 0), Lines::plus).of("together"));
        return table;
    }

    private static long lines(Path module, String sources) throws IOException {
        Path directory = module.resolve(sources);
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        long lines = 0;
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path file :
                    (Iterable<Path>) tree.filter(each -> each.toString().endsWith(".java"))::iterator) {
                try (Stream<String> text = Files.lines(file, StandardCharsets.UTF_8)) {
                    lines += text.count();
                }
            }
        }
        return lines;
    }
}
