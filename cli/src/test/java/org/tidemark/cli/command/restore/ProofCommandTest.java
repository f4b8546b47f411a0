// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UtcTime;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** What {@code proof}, {@code list-backup}, {@code verify} and {@code check} make of the evidence of drills. */
class ProofCommandTest extends TwoRepositories {
    private static final IncarnationKeys MAIN =
            new IncarnationKeys(new ClusterName("main"), SystemIdentifier.parse("7312089945514410"));
    private static final UUID HOST = UUID.randomUUID();

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
    }

    private DrillEvidence passed(String id, String backup, int hoursAgo) {
        return HeldEvidence.proven(MAIN, id, backup, now.minus(Duration.ofHours(hoursAgo)));
    }

    private DrillEvidence failed(String id, String fault, int hoursAgo) {
        return HeldEvidence.failed(MAIN, id, LATEST, now.minus(Duration.ofHours(hoursAgo)), fault);
    }

    /** Where the document is. */
    private Path store(String repository, DrillEvidence evidence) throws IOException {
        return store(repository, evidence, Optional.empty());
    }

    private Path store(String repository, DrillEvidence evidence, Optional<SigningKey> signer) throws IOException {
        try (ObjectStore store = store(repository)) {
            String id = Repository.open(store, Optional.empty()).id().value();
            DrillKeys chain = new DrillKeys(MAIN, UUID.fromString(id), HOST);
            int number = new DrillChains(store, MAIN).signedWith(signer).append(chain, evidence);
            return root.resolve(repository).resolve(chain.evidence(number).value());
        }
    }

    private void configureCluster(String lines) throws IOException {
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, Files.readString(file) + "conninfo = 'host=/nowhere'\n" + lines);
    }

    private String finding() {
        return finding("drill");
    }

    private String finding(String subject) {
        ProgramRun run = run("check", "--json");
        for (JsonNode each : json(run).at("/findings")) {
            if (each.at("/subject").stringValue().equals(subject)) {
                return each.toString();
            }
        }
        return "no finding";
    }

    @Test
    void withoutADrillItSaysHowToHoldOne() throws IOException {
        configureCluster("");
        ProgramRun proof = run("proof");

        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data())
                .startsWith("main · NOT PROVEN: no drill is recorded\n")
                .contains("drill --to DIR", "0% of the recoverable time", LATEST, "never");
        assertThat(must("list-backup").data()).doesNotContain("drill");
        assertThat(finding()).isEqualTo("no finding");
    }

    @Test
    void whatIsProvenIsToldFirstAndEachBackupHasItsLastDrill() throws IOException {
        DrillEvidence newest = passed("2", LATEST, 49);
        store("local", passed("1", OLDER, 500));
        store("local", newest);
        store("offsite", newest);
        must("sync", "--quick");

        ProgramRun proof = must("proof");

        assertThat(proof.data())
                .startsWith(
                        "main · PROVEN to " + UtcTime.seconds(newest.provenTo().orElseThrow()) + ", by the drill on ")
                .contains("the last restore took 50s", "100% of the recoverable time (")
                .containsPattern(
                        "\n  judged by that drill, with Tidemark \\S+ and PostgreSQL 15.4:\n    files: every file")
                .contains("evidence of db1 in 'local': numbers 1 to 2, no gap, none changed")
                .contains("evidence of db1 in 'offsite': numbers 1 to 1, no gap, none changed")
                .contains("copy from 'local' of evidence of db1 in 'offsite': numbers 1 to 2, no gap, none changed")
                .containsPattern(LATEST + " .* passed\\n");
        assertThat(must("list-backup").data())
                .contains("drilled " + newest.ended().toString().substring(0, 10));
        JsonNode backups = json(must("list-backup", "--json")).at("/backups");
        assertThat(backups.at("/0/drilled").isMissingNode()).isFalse();
        assertThat(backups.at("/0/drillFailed").isMissingNode()).isTrue();
        assertThat(must("show-backup", LATEST).data()).contains("drilled ");
        assertThat(must("proof", "--days", "1").data()).doesNotContain("RESULT").contains("none changed");
        assertThat(run("proof", "--days", "0").status()).isEqualTo(ExitCode.USAGE.status());
    }

    /** Of a small cluster no replay is long enough to compute from. */
    @Test
    void aDrillTellsThatARestoreIsFastEnough() throws IOException {
        store("local", passed("1", LATEST, 20));
        configureCluster("rto = '10m'\n");

        assertThat(finding("restore-time"))
                .contains("OK", "the last drill that passed took 50s", "takes at most ", "within rto (10m00s)");
        configureDrill("public-keys = ['"
                + SigningKey.generate(new SecureRandom()).publicKey().base64() + "']");
        assertThat(finding("restore-time")).contains("WARNING", "no restore was measured");
    }

    @Test
    void aFailureOfTheDataIsToldEverywhere() throws IOException {
        store("local", passed("1", LATEST, 50));
        store("local", failed("2", "wal", 20));
        configureCluster("");

        ProgramRun proof = run("proof");

        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data())
                .startsWith("main · NOT PROVEN: the drill on db1 failed: moment: it is so\n")
                .contains("wal-verify", "FAILED moment, by the WAL");
        assertThat(must("list-backup").data()).contains("a drill of it failed ");
        assertThat(json(must("list-backup", "--json"))
                        .at("/backups/0/drillFailed")
                        .isMissingNode())
                .isFalse();
        assertThat(finding()).contains("CRITICAL", "the drill on db1", "moment: it is so");

        store("local", passed("3", LATEST, 1));
        assertThat(finding()).contains("OK", "last evidence: 3 of db1 in 'local'");
    }

    @Test
    void aFailureByAQuestionIsAWarningUntilADrillPasses() throws IOException {
        configureCluster("");
        store("local", passed("1", LATEST, 50));
        store("local", failed("2", "question", 20));

        assertThat(must("proof").data())
                .startsWith("main · PROVEN to ")
                .contains("FAILED moment, not answered as expected");
        assertThat(finding())
                .contains("WARNING", "the drill on db1", ", not answered as expected", "[drill.question.NAME]");

        store("local", passed("3", LATEST, 1));
        assertThat(finding()).contains("OK");
    }

    @Test
    void checkWarnsWhenNoDrillHasPassedForTooLong() throws IOException {
        configureCluster("[cluster.main.check]\nundrilled-for = '2d'\n");

        assertThat(finding()).contains("WARNING", "no drill has passed, and undrilled-for is 2d");
        store("local", passed("1", LATEST, 49));
        assertThat(finding()).contains("WARNING", "the last drill that passed ended at ");
        store("local", passed("2", LATEST, 47));
        assertThat(finding()).contains("OK");
    }

    @Test
    void signaturesAreCheckedWithThePublicKeysAndCountWhateverTheDigestsSay() throws IOException {
        configureCluster("");
        SigningKey key = SigningKey.generate(new SecureRandom());
        store("local", passed("1", LATEST, 90));
        store("local", passed("2", LATEST, 50), Optional.of(key));
        store("offsite", passed("2", LATEST, 50));

        assertThat(must("proof").data())
                .contains(
                        "in 'local': numbers 1 to 2, no gap, none changed, 1 signed, not checked: set drill.public-keys\n")
                .contains("in 'offsite': numbers 1 to 1, no gap, none changed\n");
        configureDrill("public-keys = ['" + key.publicKey().base64() + "']");
        assertThat(must("proof").data())
                .contains(
                        "in 'local': numbers 1 to 2, no gap, none changed, 1 of 2 signed by a key that this host knows ("
                                + key.publicKey().id() + ")\n")
                .contains(
                        "in 'offsite': numbers 1 to 1, no gap, none changed, 0 of 1 signed by a key that this host knows\n");
        assertThat(finding()).contains("OK");
        assertThat(json(must("proof", "--json"))
                        .at("/incarnations/0/chains/0/signed")
                        .intValue())
                .isEqualTo(1);

        store("local", passed("3", LATEST, 20));

        ProgramRun proof = run("proof");
        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data())
                .contains("numbers 1 to 3, BROKEN, 1 of 3 signed by a key that this host knows")
                .contains("00000003.json' in 'local' is not signed, and evidence before it is");
        assertThat(finding()).contains("WARNING", "00000003.json' is not signed, and evidence before it is");
        assertThat(must("verify").data()).doesNotContain("signed");
    }

    @Test
    void evidenceThatNoKnownKeyHasSignedProvesNothing() throws IOException {
        configureCluster("");
        store("local", passed("1", LATEST, 50));
        assertThat(must("proof").data()).startsWith("main · PROVEN to ");

        SigningKey key = SigningKey.generate(new SecureRandom());
        configureDrill("public-keys = ['" + key.publicKey().base64() + "']");

        ProgramRun proof = run("proof");
        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data())
                .startsWith("main · NOT PROVEN: no drill that has passed is signed by a known key")
                .contains("numbers 1 to 1, no gap, none changed, 0 of 1 signed by a key that this host knows");
    }

    @Test
    void aPrivateKeyThatCannotBeReadIsToldByCheckAndProof() throws IOException {
        configureCluster("");
        configureDrill("signing-key = '" + root.resolve("gone.key") + "'");

        ProgramRun proof = run("proof");

        assertThat(proof.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(proof.talk()).contains("there is no private key file '" + root.resolve("gone.key"));
        assertThat(finding()).contains("WARNING", "the evidence of drills is not checked: there is no private key");
    }

    private void configureDrill(String line) throws IOException {
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, Files.readString(file) + "[drill]\n" + line + "\n");
    }

    @Test
    void aChainThatIsNotWholeProvesNothing() throws IOException {
        store("local", passed("1", LATEST, 90));
        Path second = store("local", passed("2", LATEST, 50));
        store("local", passed("3", LATEST, 20));
        must("verify");
        byte[] whole = Files.readAllBytes(second);

        Files.delete(second);

        ProgramRun proof = run("proof");
        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data())
                .contains("main · NOT PROVEN: the evidence in 'local' is not whole", "00000002.json' is missing")
                .contains("numbers 1 to 3, BROKEN");
        ProgramRun verify = run("verify");
        assertThat(verify.status()).isNotZero();
        assertThat(verify.data() + verify.talk()).contains("00000002.json", "is missing, although later evidence");

        whole[200] ^= 1;
        Files.write(second, whole);
        assertThat(run("proof").data()).contains("00000002.json' in 'local' is damaged");
        assertThat(json(run("proof", "--json"))
                        .at("/incarnations/0/chains/0/whole")
                        .booleanValue())
                .isFalse();
    }
}
