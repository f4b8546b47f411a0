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

class SlowestTestsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-20T12:00:00Z");

    @TempDir
    private Path root;

    @Test
    void theTenSlowestClassesOfThisBuildAreShownWithTheirModules() throws IOException {
        for (int i = 1; i <= 11; i++) {
            report("storage-backends/s3", "org.tidemark.A" + i, i + ".4", BEGIN);
        }
        report("core", "org.tidemark.Long", "1,200.6", BEGIN);
        report("core", "org.tidemark.Old", "5000", BEGIN.minusSeconds(1));

        assertThat(SlowestTests.lines(root, BEGIN))
                .hasSize(11)
                .startsWith(
                        "12 classes of tests took 1271 s, several at a time. The slowest:",
                        " 1201 s  core                       Long",
                        "   11 s  storage-backends/s3        A11")
                .endsWith("    3 s  storage-backends/s3        A3");
    }

    @Test
    void whatEarlierBuildsStartedIsNotCounted() throws IOException {
        Path file = Files.createDirectory(root.resolve("target")).resolve("starts");
        Files.writeString(file, """
                2026-11-20T11:59:59.9Z PostgreSQL
                2026-11-20T12:00:00.1Z PostgreSQL
                2026-11-20T12:00:01Z commands
                2026-11-20T12:00:02Z PostgreSQL
                """);

        assertThat(Starts.summary(root, BEGIN)).isEqualTo("Started by tests: PostgreSQL 2, commands 1");
        assertThat(Starts.summary(root.resolve("target"), BEGIN)).isEqualTo("Started by tests: nothing");
    }

    private void report(String module, String test, String seconds, Instant written) throws IOException {
        Path reports = Files.createDirectories(root.resolve(module).resolve("target/surefire-reports"));
        Path file = Files.writeString(
                reports.resolve("TEST-" + test + ".xml"),
                "<testsuite name=\"" + test + "\" time=\"" + seconds + "\"><testcase/></testsuite>");
        Files.setLastModifiedTime(file, FileTime.from(written));
    }
}
