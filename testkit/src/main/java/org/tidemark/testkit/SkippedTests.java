// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.testkit.TestReports.Report;

/** What a build skipped and why, module by module. */
final class SkippedTests {
    private record Skip(String module, String reason) implements Comparable<Skip> {
        @Override
        public int compareTo(Skip other) {
            int modules = module.compareTo(other.module);
            return modules != 0 ? modules : reason.compareTo(other.reason);
        }
    }

    /** An assumption of AssertJ, with its description. */
    private static final Pattern DESCRIBED = Pattern.compile("^assumption was not met due to:\\s*\\[(.+?)]");

    private SkippedTests() {}

    static List<String> lines(Path root, Instant begin) throws IOException {
        Map<Skip, Integer> counts = new TreeMap<>();
        for (Report report : TestReports.of(root, begin)) {
            for (String reason : reasons(report)) {
                counts.merge(new Skip(report.module(), reason), 1, Integer::sum);
            }
        }
        if (counts.isEmpty()) {
            return List.of("No test was skipped.");
        }
        List<String> lines = new ArrayList<>();
        int all = counts.values().stream().mapToInt(Integer::intValue).sum();
        lines.add(
                "Skipped: " + all + (all == 1 ? " test" : " tests") + " (a class that is skipped whole counts as one)");
        counts.forEach((skip, count) -> lines.add(String.format("%5d  %-28s %s", count, skip.module(), skip.reason())));
        return lines;
    }

    private static List<String> reasons(Report report) throws IOException {
        List<String> reasons = new ArrayList<>();
        report.read(element -> {
            if (element.getLocalName().equals("skipped")) {
                // Of what a test assumed in vain the report has no message, only the exception.
                String message = element.getAttributeValue(null, "message");
                reasons.add(reason(message != null ? message : element.getElementText()));
            }
        });
        return reasons;
    }

    private static String reason(String message) {
        String text =
                message.strip().replaceFirst("^(Assumption failed|org\\.opentest4j\\.TestAbortedException):\\s*", "");
        Matcher described = DESCRIBED.matcher(text);
        return (described.find() ? described.group(1) : text)
                .lines()
                .findFirst()
                .orElse("without a reason")
                .replace(": skipped; to run it:", "; to run it:")
                .strip();
    }
}
