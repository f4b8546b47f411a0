// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SkippedTestsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-20T12:00:00Z");

    @TempDir
    private Path root;

    @Test
    void whatThisBuildSkippedIsCountedByModuleAndReason() throws IOException {
        String missing =
                "<skipped message=\"there is no program 'rsync': skipped; to run it: apt-get install rsync\"/>";
        report("storage-backends/rsync", "A", BEGIN, missing + missing);
        report("storage-backends/rsync", "B", BEGIN, missing + "<skipped message=\"Assumption failed: no root\"/>");
        report("core", "Old", BEGIN.minusSeconds(1), missing);

        assertThat(SkippedTests.lines(root, BEGIN))
                .containsExactly(
                        "Skipped: 4 tests (a class that is skipped whole counts as one)",
                        "    1  storage-backends/rsync       no root",
                        "    3  storage-backends/rsync       there is no program 'rsync'; to run it: apt-get install rsync");
    }

    @Test
    void ofAnAssumptionTheReportHasTheExceptionAlone() throws IOException {
        report(
                "core",
                "A",
                BEGIN,
                skipped("there is no program 'rsync': skipped; to run it: apt-get install rsync\n\tat org.tidemark.A")
                        + skipped("\nassumption was not met due to: [only root can give files away] \nExpecting\n  [1]")
                        + "<skipped/>");

        assertThat(SkippedTests.lines(root, BEGIN))
                .containsExactly(
                        "Skipped: 3 tests (a class that is skipped whole counts as one)",
                        "    1  core                         only root can give files away",
                        "    1  core                         there is no program 'rsync'; to run it: apt-get install rsync",
                        "    1  core                         without a reason");
    }

    private static String skipped(String text) {
        return "<skipped type=\"org.opentest4j.TestAbortedException\"><![CDATA[org.opentest4j.TestAbortedException: "
                + text + "]]></skipped>";
    }

    @Test
    void aBuildThatSkippedNothingSaysSo() throws IOException {
        report("core", "A", BEGIN, "");

        assertThat(SkippedTests.lines(root, BEGIN)).containsExactly("No test was skipped.");
    }

    private void report(String module, String test, Instant written, String cases) throws IOException {
        Path reports = Files.createDirectories(root.resolve(module).resolve("target/surefire-reports"));
        Path file = Files.writeString(
                reports.resolve("TEST-" + test + ".xml"), "<testsuite><testcase>" + cases + "</testcase></testsuite>");
        Files.setLastModifiedTime(file, FileTime.from(written));
    }
}
