// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.config.DrillSettings.Expected;
import org.tidemark.config.DrillSettings.Question;

/** Where drills are held and what they ask, as it is configured. */
class DrillConfigurationTest {
    @TempDir
    private Path directory;

    private DrillSettings load(String... lines) throws IOException {
        Path file = directory.resolve("tidemark.toml");
        Files.writeString(file, String.join("\n", lines) + "\n");
        return new ConfigurationLoader(new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                .load(Optional.of(file), List.of())
                .configuration()
                .drill();
    }

    private String problem(String... lines) {
        return String.valueOf(catchThrowableOfType(ConfigurationException.class, () -> load(lines))
                .getMessage());
    }

    @Test
    void aDirectoryAndQuestionsInTheirOrder() throws IOException {
        DrillSettings drill = load(
                "[drill]",
                "directory = \"/var/lib/drill\"",
                "keep-evidence = \"90d\"",
                "[drill.question.orders]",
                "database = \"shop\"",
                "sql = \"SELECT count(*) FROM public.orders\"",
                "expect = \">= 1000\"",
                "since = \"2026-01-15 00:00:00+02:00\"",
                "[drill.question.version]",
                "sql = \"SELECT max(version) FROM public.schema\"",
                "expect = \"7\"");

        assertThat(drill.directory()).contains(Path.of("/var/lib/drill"));
        assertThat(drill.keepEvidence()).isEqualTo(Duration.ofDays(90));
        assertThat(load("[drill]").keepEvidence()).isEqualTo(Duration.ofDays(400));
        assertThat(drill.questions())
                .containsExactly(
                        new Question(
                                "orders",
                                "shop",
                                "SELECT count(*) FROM public.orders",
                                new Expected.Range(new BigDecimal("1000"), Optional.empty()),
                                Optional.of(Instant.parse("2026-01-14T22:00:00Z"))),
                        new Question(
                                "version",
                                "postgres",
                                "SELECT max(version) FROM public.schema",
                                new Expected.Value("7"),
                                Optional.empty()));
        assertThat(load("[host]", "jobs = 1")).isEqualTo(DrillSettings.NONE);
    }

    @Test
    void evidenceIsCheckedWithThePublicKeysOrThatOfThePrivateOne() throws IOException {
        SigningKey key = SigningKey.generate(new SecureRandom());
        EvidenceKey other = SigningKey.generate(new SecureRandom()).publicKey();
        Path file = Files.write(directory.resolve("drill.key"), key.pem());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        String signingKey = "signing-key = \"" + file + "\"";

        assertThat(load("[drill]").knownKeys()).isEmpty();
        assertThat(load("[drill]", signingKey).knownKeys()).containsExactly(key.publicKey());
        DrillSettings both = load("[drill]", signingKey, "public-keys = [\"" + other.base64() + "\"]");
        assertThat(both.signingKey()).contains(file);
        assertThat(both.knownKeys()).containsExactly(other);
    }

    @Test
    void whatIsNoPublicKeyIsAProblemAndNotShown() {
        String secret = new String(SigningKey.generate(new SecureRandom()).pem(), StandardCharsets.US_ASCII)
                .lines()
                .toList()
                .get(1);
        String one = SigningKey.generate(new SecureRandom()).publicKey().base64();
        for (String list : List.of("\"" + secret + "\"", "", ("\"" + one + "\", ").repeat(17))) {
            assertThat(problem("[drill]", "public-keys = [" + list + "]"))
                    .contains("'drill.public-keys' cannot be used: expected a list of at most 16 public keys")
                    .doesNotContain(secret);
        }
        assertThat(problem("[drill]", "signing-key = \"drill.key\"")).contains("drill.signing-key");
    }

    @Test
    void whatIsMissingOrUnknownIsAProblem() {
        assertThat(problem("[drill.question.q]", "sql = \"SELECT 1\""))
                .contains("'drill.question.q.expect' is missing: expected a value, a range of numbers");
        assertThat(problem("[drill.question.q]", "expect = \"1\"")).contains("'drill.question.q.sql' is missing");
        assertThat(problem("[drill.question.q]", "sql = \"SELECT 1\"", "expect = \"5..4\""))
                .contains("drill.question.q.expect");
        assertThat(problem("[drill]", "directory = \"relative\"")).contains("drill.directory");
        assertThat(problem("[drill.question.q]", "query = \"SELECT 1\""))
                .contains("unknown key 'drill.question.q.query': 'drill.question.q' has database, expect, since, sql");
    }

    @ParameterizedTest
    @CsvSource({
        ">= 10, 10, true",
        ">= 10, 9.99, false",
        ">=-1.5, -1.5, true",
        "1..3, 3, true",
        "1..3, 3.0, true",
        "1..3, 4, false",
        "1..3, many, false",
        "open, ' open ', true",
        "open, opened, false",
        "7, 7, true",
        "7, 7.0, false",
        "'', '', true",
    })
    void anAnswerIsAValueOrInARange(String expected, String answer, boolean isAccepted) {
        assertThat(Expected.parse(expected).accepts(answer)).isEqualTo(isAccepted);
    }

    @Test
    void anAnswerMayHaveToBeTheOneOfTheDrillBefore() {
        assertThat(Expected.parse(" unchanged ")).isEqualTo(new Expected.Unchanged());
        assertThat(Expected.parse("Unchanged")).isEqualTo(new Expected.Value("Unchanged"));
        assertThat(problem("[drill.question.q]", "sql = \"SELECT 1\"", "expect = \"unchanged\""))
                .contains("'drill.question.q.since' is missing, since when the answer of 'q' does not change any more");
        assertThat(problem("[drill.question.q]", "sql = \"SELECT 1\"", "expect = \"1\"", "since = \"2026-01-15\""))
                .contains("'drill.question.q.since' cannot be '2026-01-15': expected a time with its zone");
    }

    @Test
    void aRangeWithoutANumberIsRefused() {
        assertThatThrownBy(() -> Expected.parse("3..1")).hasMessage("no number is in 3..1");
    }

    @Test
    void aScheduleNeedsADirectory() throws IOException {
        assertThat(problem("[cluster.main.schedule]", "drill = \"0 5 * * 6\""))
                .contains(
                        "'cluster.main.schedule.drill' is set, but 'drill.directory' is not: expected an absolute path");
        assertThat(load("[cluster.main.schedule]", "drill = \"never\"").directory())
                .isEmpty();
        assertThat(load("[drill]", "directory = \"/var/lib/drill\"", "[cluster.main.schedule]", "drill = \"0 5 * * 6\"")
                        .directory())
                .isPresent();
    }
}
