// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.tidemark.testkit.TestReports.Report;

/** Which classes of tests took the longest in a build. */
final class SlowestTests {
    private static final int SHOWN = 10;

    private record Timed(String module, String name, double seconds) {}

    private SlowestTests() {}

    static List<String> lines(Path root, Instant begin) throws IOException {
        List<Timed> all = new ArrayList<>();
        for (Report report : TestReports.of(root, begin)) {
            report.read(element -> {
                if (element.getLocalName().equals("testsuite")) {
                    String name = element.getAttributeValue(null, "name");
                    String seconds = element.getAttributeValue(null, "time");
                    all.add(new Timed(
                            report.module(),
                            name.substring(name.lastIndexOf('.') + 1),
                            Double.parseDouble(seconds.replace(",", ""))));
                }
            });
        }
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%d classes of tests took %.0f s, several at a time. The slowest:",
                all.size(),
                all.stream().mapToDouble(Timed::seconds).sum()));
        all.stream()
                .sorted(Comparator.comparingDouble(Timed::seconds).reversed())
                .limit(SHOWN)
                .map(test ->
                        String.format(Locale.ROOT, "%5.0f s  %-26s %s", test.seconds(), test.module(), test.name()))
                .forEach(lines::add);
        return lines;
    }
}
