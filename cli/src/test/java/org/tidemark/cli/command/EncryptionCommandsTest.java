// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.age.AgeIdentity.IdentityFile;
import org.tidemark.catalog.age.AgeRecipient;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.cli.ProgramRun;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.RequiredServer;

/** Keys as an operator meets them: made, named, missing, wrong. */
class EncryptionCommandsTest {
    private static final SystemIdentifier SYSTEM = SystemIdentifier.parse("7312089945514410");
    private static final WalFile.Segment SEGMENT = (WalFile.Segment) WalFile.parse("00000001000000A900000065");

    @TempDir
    private Path root;

    private ProgramRun run(String... arguments) {
        return ProgramRun.of(root, Map.of(), arguments);
    }

    @Test
    void aMadeKeyIsReadableForItsOwnerAloneAndItsPublicHalfIsPrinted() throws IOException {
        ProgramRun made = run("init", "--make-key", "new.key");

        assertThat(made.status()).as(made.talk()).isZero();
        Path file = root.resolve("new.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        String publicKey = IdentityFile.parse(Files.readAllBytes(file))
                .getFirst()
                .recipient()
                .toString();
        assertThat(made.data()).isEqualTo("encrypt-to = [\"" + publicKey + "\"]\n");
        assertThat(made.talk()).contains("NOTHING CAN BE RESTORED", "verify --decrypt-with");
        assertThat(made.data() + made.talk()).doesNotContain("AGE-SECRET-KEY");
        try (Stream<Path> files = Files.list(root)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aKeyThatSignsIsMadeOnceAndListedWithWhetherItsPublicHalfIsConfigured() throws Exception {
        archive(Optional.empty());
        ProgramRun made = run("keys", "new-signing", "drill.key");
        assertThat(made.status()).as(made.talk()).isZero();
        Path file = root.resolve("drill.key");
        SigningKey key = SigningKey.read(file);
        String line = "public-keys = [\"" + key.publicKey().base64() + "\"]\n";
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(made.data()).isEqualTo("signing-key = \"" + file + "\"\n" + line);
        String secret = Files.readAllLines(file).get(1);
        assertThat(made.data() + made.talk()).doesNotContain(secret);
        assertThat(run("keys", "new-signing", "drill.key").status()).isEqualTo(2);
        assertThat(SigningKey.read(file).publicKey()).as("not overwritten").isEqualTo(key.publicKey());

        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.local]\nurl = \"" + root.resolve("repository").toUri()
                        + "\"\n[cluster.main]\nrepositories = ['local']\nconninfo = 'host=/nonexistent'\n[drill]\n"
                        + made.data());
        ProgramRun both = run("keys", "--config=" + config);
        assertThat(both.status()).as(both.talk()).isZero();
        assertThat(both.data())
                .containsPattern(key.publicKey().id() + " +yes +" + file + " +"
                        + Pattern.quote(key.publicKey().base64()))
                .doesNotContain(secret);

        String other = run("keys", "new-signing", "other.key").data();
        Files.writeString(config, Files.readString(config).replace(line, other.substring(other.indexOf('\n') + 1)));
        ProgramRun misfit = run("keys", "--config=" + config);
        assertThat(misfit.data()).containsPattern(key.publicKey().id() + " +no +");

        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        ProgramRun open = run("keys", "--config=" + config);
        assertThat(open.status()).isEqualTo(2);
        assertThat(open.talk()).contains("is not its owner's alone", "chmod 600");
    }

    @Test
    void aPrivateKeyIsNeverOverwritten() throws IOException {
        assertThat(run("init", "--make-key", "new.key").status()).isZero();
        byte[] before = Files.readAllBytes(root.resolve("new.key"));

        ProgramRun again = run("init", "--make-key", "new.key");

        assertThat(again.status()).isEqualTo(2);
        assertThat(again.talk()).contains("never overwritten");
        assertThat(root.resolve("new.key")).hasBinaryContent(before);
    }

    @Test
    void aPrivateKeyWhereAPublicOneBelongsIsRefusedAndNotShown() throws IOException {
        assertThat(run("init", "--make-key", "new.key").status()).isZero();
        String secret = Files.readAllLines(root.resolve("new.key")).getLast();
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.local]\nurl = \"file:///r\"\nencrypt-to = [\"" + secret + "\"]\n");

        ProgramRun run = run("verify", "--config", config.toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("repository.local.encrypt-to", "key 1 is not a public key");
        assertThat(run.talk() + run.data()).doesNotContain(secret.substring(20));
    }

    @Test
    void verifySaysWhatItCouldNotCompareAndWithTheKeyComparesIt() throws IOException {
        archive();
        String repository = root.resolve("repository").toUri().toString();

        ProgramRun without = run("verify", "--all", "--repository", repository);
        assertThat(without.status()).as(without.data() + without.talk()).isZero();
        assertThat(without.data()).contains("1 object is encrypted, and no private key is configured");

        ProgramRun with = run("verify", "--all", "--repository", repository, "--decrypt-with", "owner.key");
        assertThat(with.status()).as(with.data() + with.talk()).isZero();
        assertThat(with.data()).doesNotContain("encrypted").contains("0 problems");

        assertThat(run("init", "--make-key", "other.key").status()).isZero();
        ProgramRun wrong = run("verify", "--all", "--repository", repository, "--decrypt-with", "other.key");
        assertThat(wrong.status()).as(wrong.data() + wrong.talk()).isEqualTo(1);
        assertThat(wrong.data()).contains("none of the private keys opens", fingerprint("owner"), fingerprint("other"));

        ProgramRun gone = run("verify", "--all", "--repository", repository, "--decrypt-with", "gone.key");
        assertThat(gone.status()).isEqualTo(2);
        assertThat(gone.talk()).contains("there is no private key file", "gone.key");
    }

    @Test
    void aCopyInTheClearIsNeverPutIntoARepositoryThatIsToBeEncrypted() throws IOException {
        archive(Optional.empty());
        Path other = Files.createDirectory(root.resolve("other"));
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.plain]\nurl = \"" + root.resolve("repository").toUri()
                        + "\"\n[repository.closed]\nurl = \"" + other.toUri() + "\"\nencrypt-to = [\""
                        + recipient("owner")
                        + "\"]\n");
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        try (ObjectStore store = provider.open(other.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC());
        }

        ProgramRun run = run("sync", "plain", "closed", "--config", config.toString());

        assertThat(run.status()).as(run.data() + run.talk()).isEqualTo(11);
        assertThat(run.data() + run.talk()).contains("is not encrypted");
        try (Stream<Path> files = Files.walk(other)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain(SEGMENT.name());
        }
    }

    /** Nobody's configuration names its public keys: the repository itself knows that it was made with some. */
    @Test
    void anAddressWithoutConfigurationIsNoWayAroundEncryption() throws IOException {
        archive(Optional.empty());
        Path other = Files.createDirectory(root.resolve("other"));
        try (ObjectStore store = new FileSystemStoreProvider().open(other.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC(), WritePolicy.ENCRYPTED_ONLY);
        }

        ProgramRun run = run("sync", root.resolve("repository").toUri().toString(), other.toUri() + "");

        assertThat(run.status()).as(run.data() + run.talk()).isEqualTo(11);
        assertThat(run.data() + run.talk()).contains("is not encrypted", "encrypt-to");
        try (Stream<Path> files = Files.walk(other)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain(SEGMENT.name());
        }
    }

    /** Nothing could be archived to it. */
    @Test
    void checkTellsThatAnEncryptedRepositoryHasNoPublicKeyHere() throws IOException {
        Path closed = Files.createDirectory(root.resolve("closed"));
        try (ObjectStore store = new FileSystemStoreProvider().open(closed.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC(), WritePolicy.ENCRYPTED_ONLY);
        }
        Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.closed]\nurl = \"" + closed.toUri()
                        + "\"\n[cluster.main]\nrepositories = ['closed']\nconninfo = 'host=/nonexistent'\n");

        ProgramRun check =
                run("check", "--config", root.resolve("tidemark.toml").toString());

        assertThat(check.status()).isEqualTo(1);
        assertThat(check.data()).contains("'closed' accepts only encrypted objects, and no public key is configured");
    }

    @Test
    void betweenRepositoriesOfDifferentKeysIsCopiedOnlyWhatIsAskedForByName() throws IOException {
        archive();
        Path other = Files.createDirectory(root.resolve("other"));
        try (ObjectStore store = new FileSystemStoreProvider().open(other.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC(), WritePolicy.ENCRYPTED_ONLY);
        }
        assertThat(run("init", "--make-key", "other.key").status()).isZero();
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.one]\nurl = \"" + root.resolve("repository").toUri() + "\"\nencrypt-to = [\""
                        + recipient("owner") + "\"]\n[repository.two]\nurl = \"" + other.toUri()
                        + "\"\nencrypt-to = [\"" + recipient("other") + "\"]\n");

        ProgramRun all = run("sync", "--config", config.toString());

        assertThat(all.status()).as(all.data() + all.talk()).isZero();
        assertThat(all.talk())
                .contains("'one' and 'two' have different encrypt-to", "tidemark sync --config ", " one two");
        assertThat(segmentsIn(other)).isEmpty();

        ProgramRun named = run("sync", "one", "two", "--config", config.toString());

        assertThat(named.status()).as(named.data() + named.talk()).isZero();
        assertThat(named.talk()).contains("is encrypted to its keys, not to those of 'two'", "decrypt-with");
        assertThat(segmentsIn(other)).containsExactly(SEGMENT.name());
    }

    private static List<String> segmentsIn(Path repository) throws IOException {
        try (Stream<Path> files = Files.walk(repository)) {
            return files.map(Path::getFileName)
                    .map(Path::toString)
                    .filter(SEGMENT.name()::equals)
                    .toList();
        }
    }

    @Test
    void keysComeFromFilesOrFromACommandOrFromAVariable() throws IOException {
        archive();
        String repository = root.resolve("repository").toUri().toString();
        Path key = root.resolve("owner.key");
        for (String decryptWith :
                List.of("decrypt-with = [\"" + key + "\"]", "decrypt-with = { command = \"cat '" + key + "'\" }")) {
            Path config = Files.writeString(
                    root.resolve("tidemark.toml"),
                    "[repository.local]\nurl = \"" + repository + "\"\n" + decryptWith + "\n");

            ProgramRun run = run("verify", "--all", "--config", config.toString());

            assertThat(run.status()).as(run.data() + run.talk()).isZero();
            assertThat(run.data()).doesNotContain("encrypted");
        }
        Path config =
                Files.writeString(root.resolve("tidemark.toml"), "[repository.local]\nurl = \"" + repository + "\"\n");
        ProgramRun run = ProgramRun.of(
                root,
                Map.of("TIDEMARK_REPOSITORY_LOCAL_DECRYPT_WITH", key.toString()),
                "verify",
                "--all",
                "--config",
                config.toString());
        assertThat(run.data()).doesNotContain("encrypted").contains("0 problems");
    }

    @Test
    void aCommandThatFailsIsSaidToFailAndWhatItPrintedIsNot() throws IOException {
        archive();
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.local]\nurl = \"" + root.resolve("repository").toUri()
                        + "\"\ndecrypt-with = { command = \"cat owner.key >&2; echo half-a-secret; exit 3\" }\n");

        ProgramRun run = run("verify", "--all", "--config", config.toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("exited with status 3");
        assertThat(run.talk() + run.data()).doesNotContain("half-a-secret", "AGE-SECRET-KEY");
    }

    @Test
    void whoCanDecryptAChallengeHasProvenHisPrivateKeyToEachRepository() throws Exception {
        RequiredServer.program("age", "apt-get install age");
        archive();
        assertThat(run("init", "--make-key", "other.key").status()).isZero();
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.local]\nurl = \"" + root.resolve("repository").toUri() + "\"\nencrypt-to = [\""
                        + recipient("owner") + "\", \"" + recipient("other") + "\"]\n"
                        + "[cluster.main]\nrepositories = ['local']\nconninfo = 'host=/nonexistent'\n");
        String option = "--config=" + config;
        assertThat(run("keys", option).data())
                .containsPattern(fingerprint("owner") + " +never +local +" + recipient("owner"))
                .containsPattern(fingerprint("other") + " +never +local +" + recipient("other"));

        ProgramRun made = run("keys", "challenge", "files", option);

        assertThat(made.status()).as(made.talk()).isZero();
        String line = decrypted(fingerprint("owner"), "owner.key");
        assertThat(line).startsWith("tidemark keys --config " + config + " prove ");
        String answer = line.substring(line.lastIndexOf(' ') + 1);
        assertThat(run("keys", "prove", answer.replace('-', ' ').toUpperCase(Locale.ROOT), option)
                        .data())
                .contains("the private key " + fingerprint("owner") + " was read after ");
        assertThat(run("keys", option).data())
                .containsPattern(fingerprint("owner") + " +20..-..-.. ..:.. +local")
                .containsPattern(fingerprint("other") + " +never +local");
        String before = run("keys", "--json", option).data();
        assertThat(run("keys", "prove", answer, option).status()).isZero();
        assertThat(run("keys", "--json", option).data())
                .as("the same answer later")
                .isEqualTo(before);
        ProgramRun wrong = run("keys", "prove", "aaaa-bbbb-cccc-dddd", option);
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.talk()).contains("no challenge in the repositories has this answer");
        assertThat(run("verify", "--all", option).status()).isZero();
    }

    /** The last line of the text in the file that was made for a key. */
    private String decrypted(String fingerprint, String key) throws Exception {
        try (Stream<Path> files = Files.list(root.resolve("files"))) {
            Path file = files.filter(each -> each.getFileName().toString().startsWith("key-" + fingerprint))
                    .findFirst()
                    .orElseThrow();
            Process age = new ProcessBuilder(
                            "age", "--decrypt", "-i", root.resolve(key).toString(), file.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String text = new String(age.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(age.waitFor()).isZero();
            assertThat(text).contains(fingerprint);
            return text.lines().reduce((a, b) -> b).orElseThrow();
        }
    }

    @Test
    void checkWarnsAsSoonAsNoPrivateKeyWasProvenForLongerThanConfigured() throws IOException {
        archive();
        Path config = Files.writeString(
                root.resolve("tidemark.toml"),
                "[repository.local]\nurl = \"" + root.resolve("repository").toUri() + "\"\nencrypt-to = [\""
                        + recipient("owner") + "\"]\n"
                        + "[cluster.main]\nrepositories = ['local']\nconninfo = 'host=/nonexistent'\n"
                        + "[cluster.main.check]\nunproven-for = '10d'\n");
        Clock now = Clock.systemUTC();
        Clock later = Clock.offset(now, Duration.ofDays(11));

        assertThat(encryption(config, now)).contains("OK").contains("none has been proven to exist");
        assertThat(encryption(config, later))
                .contains("WARNING")
                .contains("nobody has shown for 10d00h that a private key of 'local' can still be read");
        try (ObjectStore store =
                new FileSystemStoreProvider().open(root.resolve("repository").toUri(), Map.of())) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups()
                    .markWal(new Mark.Proven(later.instant(), fingerprint("owner")));
        }
        assertThat(encryption(config, later)).contains("OK").contains("one was last proven to exist at ");
        assertThat(encryption(config, Clock.offset(later, Duration.ofDays(11)))).contains("WARNING");
    }

    private String encryption(Path config, Clock clock) {
        return ProgramRun.of(root, clock, Map.of(), "check", "-v", "--config", config.toString())
                .data()
                .lines()
                .filter(line -> line.contains("encryption"))
                .findFirst()
                .orElse("");
    }

    private String fingerprint(String name) throws IOException {
        return IdentityFile.parse(Files.readAllBytes(root.resolve(name + ".key")))
                .getFirst()
                .recipient()
                .fingerprint();
    }

    private AgeRecipient recipient(String name) throws IOException {
        return IdentityFile.parse(Files.readAllBytes(root.resolve(name + ".key")))
                .getFirst()
                .recipient();
    }

    /** A repository with one segment that is encrypted to {@code owner.key}. */
    private void archive() throws IOException {
        assertThat(run("init", "--make-key", "owner.key").status()).isZero();
        archive(Optional.of(new Recipients(List.of(recipient("owner")))));
    }

    private void archive(Optional<Recipients> recipients) throws IOException {
        if (recipients.isEmpty()) {
            assertThat(run("init", "--make-key", "owner.key").status()).isZero();
        }
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        Path repository = root.resolve("repository");
        provider.createRoot(repository.toUri(), Map.of());
        try (ObjectStore store = provider.open(repository.toUri(), Map.of())) {
            ClusterArchive archive = Repository.create(store, Clock.systemUTC())
                    .register(
                            new ClusterIdentity(new ClusterName("main"), SYSTEM, WalSegmentSize.DEFAULT, 8192, 15),
                            Clock.systemUTC());
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.WAL,
                    SEGMENT.name(),
                    SYSTEM,
                    new Encoding(Codec.parse("zstd"), recipients),
                    ObjectSource.of(new byte[100_000]),
                    root)) {
                archive.wal().put(SEGMENT, encoded);
            }
        }
    }
}
