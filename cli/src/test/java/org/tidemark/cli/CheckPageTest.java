// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.config.KnownKey;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.watch.check.Subject;

class CheckPageTest {
    private static final Path ROOT = Path.of(System.getProperty("tidemark.root", ".."));

    /** A row of the table: the subject, when a finding about it is critical or a warning, and what to do. */
    private record Row(String subject, String critical, String warning, String advice) {
        static Row of(String line) {
            String[] cells = line.split("\\|", -1);
            return new Row(cells[1].strip(), cells[2].strip(), cells[3].strip(), cells[4].strip());
        }
    }

    private static List<Row> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("docs/watch/check.md")).stream()
                .takeWhile(line -> !line.equals("## Numbers"))
                .filter(line -> line.startsWith("| `"))
                .map(Row::of)
                .toList();
    }

    @Test
    void thePageHasExactlyTheSubjectsOfTheCode() throws IOException {
        assertThat(rows().stream().map(Row::subject).sorted())
                .containsExactlyElementsOf(Arrays.stream(Subject.values())
                        .map(subject -> "`" + subject.text() + "`")
                        .sorted()
                        .toList());
    }

    @Test
    void thePageSaysWhatIsCriticalWhereTheCodeHasCriticalFindings() throws IOException {
        assertThat(rows().stream().filter(row -> !row.critical().isEmpty()).map(Row::subject))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Subject.values())
                        .filter(subject -> subject.worst() == Severity.CRITICAL)
                        .map(subject -> "`" + subject.text() + "`")
                        .toList());
        assertThat(rows())
                .allMatch(row -> !(row.critical() + row.warning()).isEmpty()
                        && !row.advice().isEmpty());
    }

    @Test
    void thePageExplainsEveryMeasure() throws IOException {
        assertThat(Files.readAllLines(ROOT.resolve("docs/watch/check.md")).stream()
                        .dropWhile(line -> !line.equals("## Numbers"))
                        .filter(line -> line.startsWith("| `")))
                .containsExactlyElementsOf(Arrays.stream(Measure.values())
                        .map(each -> "| `" + each + "` | "
                                + switch (each.unit()) {
                                    case BYTES -> "bytes";
                                    case SECONDS -> "seconds";
                                    case COUNT -> "number";
                                }
                                + " | " + each.meaning() + " |")
                        .toList());
    }

    @Test
    void everyLimitIsExplainedOnBothPages() throws IOException {
        String check = Files.readString(ROOT.resolve("docs/watch/check.md"));
        String configuration = Files.readString(ROOT.resolve("docs/reference/configuration.md"));
        for (KnownKey key : KnownKey.values()) {
            if (key.pattern().startsWith("cluster.*.check.")) {
                String name = "`" + key.pattern().substring("cluster.*.check.".length()) + "`";
                assertThat(check).contains(name);
                assertThat(configuration).contains("| " + name + " |");
            }
        }
    }
}
