// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.owner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * Root types commands on a host whose PostgreSQL archives as an ordinary user: whatever root did, archiving goes on.
 */
@Order(1) // among the longest
@InTurn
class RootCommandsTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final OperatingUser USER = OperatingUser.current();
    private static PostgresServer server;

    private final TidemarkHost host = TidemarkHost.ofProcesses();

    @TempDir
    private Path roots;

    @BeforeAll
    static void start() {
        assumeTrue(USER.switched(), "only root can try what root's commands do");
        server = PostgresServer.of(PostgresBinaries.oldestAndNewest().getLast())
                .initdb("--wal-segsize=1")
                .archiving("/bin/false")
                .setting("archive_timeout", "60s")
                .setting("fsync", "on")
                .start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void configure() throws IOException {
        host.configure("""
            [repository.local]
            url = 'file://%1$s/repository'
            [cluster.main]
            conninfo = '%2$s'
            data-directory = '%3$s'
            repositories = ['local']
            """.formatted(host.directory(), server.conninfo(), server.dataDirectory()));
        archiveBy(host.archiveCommand());
    }

    @AfterEach
    void remove() {
        host.close();
    }

    private static void archiveBy(String command) {
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + command.replace("'", "''") + "'", "SELECT pg_reload_conf()");
    }

    private record Outcome(int status, String output) {}

    private Outcome asRoot(Path directory, String... arguments) throws Exception {
        return asRoot(InstalledTidemark.launcher().toString(), directory, arguments);
    }

    private Outcome asRoot(String program, Path directory, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Path output = roots.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
        builder.environment().put("HOME", "/root");
        builder.environment().put("PGPASSWORD", "carried-over");
        if (command.contains("--url")) {
            // A first configuration, for which root would make /var/spool/tidemark on this machine.
            builder.environment()
                    .put(
                            "TIDEMARK_HOST_SPOOL",
                            host.directory().resolve("spool").toString());
        }
        int status = builder.start().waitFor();
        return new Outcome(status, Files.readString(output));
    }

    private Outcome root(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", host.config().toString()));
        return asRoot(host.directory(), all.toArray(String[]::new));
    }

    private void mustAsRoot(String... arguments) throws Exception {
        Outcome outcome = root(arguments);
        assertThat(outcome.status())
                .as(String.join(" ", arguments) + ":\n" + outcome.output())
                .isZero();
        assertThat(filesOfRoot(host.directory())).as("after " + arguments[0]).isEmpty();
    }

    private static List<Path> filesOfRoot(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(file -> !ownerOf(file).equals(USER.name())).toList();
        }
    }

    private static String ownerOf(Path file) {
        try {
            return Files.getOwner(file).getName();
        } catch (IOException e) {
            return "gone";
        }
    }

    @Test
    void archivingGoesOnWhateverRootDid() throws Exception {
        mustAsRoot("init");
        server.archiveCurrentSegment(LIMIT);
        mustAsRoot("backup");
        for (String command : List.of("list-backup", "verify", "check")) {
            mustAsRoot(command);
            server.archiveCurrentSegment(LIMIT);
        }
        assertThat(host.must("list-backup").data()).contains("complete");

        archiveBy("/bin/false");
        server.sql("SELECT txid_current()");
        String segment = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        Outcome push = asRoot(
                server.dataDirectory(),
                "wal-push",
                "pg_wal/" + segment,
                "--config",
                host.config().toString());
        assertThat(push.status()).as(push.output()).isZero();
        assertThat(filesOfRoot(host.directory())).isEmpty();
        archiveBy(host.archiveCommand());
        server.archiveCurrentSegment(LIMIT);

        Outcome fetch = asRoot(
                server.dataDirectory(),
                "wal-fetch",
                segment,
                "pg_wal/fetched",
                "--config",
                host.config().toString());
        assertThat(fetch.status()).as(fetch.output()).isZero();
        assertThat(ownerOf(server.dataDirectory().resolve("pg_wal/fetched"))).isEqualTo(USER.name());
        Files.delete(server.dataDirectory().resolve("pg_wal/fetched"));
        assertThat(asRoot(
                                server.dataDirectory(),
                                "wal-fetch",
                                "0000000100000FFF00000001",
                                "pg_wal/fetched",
                                "--config",
                                host.config().toString())
                        .status())
                .as("no timeline that this recovery follows: proven absent")
                .isIn(1, 200);

        mustAsRoot("recover", "--to", host.directory().resolve("restored").toString());
    }

    @Test
    void theRepositorysOwnerIsTakenWhereNothingIsConfigured() throws Exception {
        mustAsRoot("init");
        server.archiveCurrentSegment(LIMIT);
        Files.delete(host.config());

        Outcome listed = asRoot(
                roots,
                "list-backup",
                "--repository",
                "file://" + host.directory().resolve("repository"));

        assertThat(listed.status()).as(listed.output()).isZero();
        assertThat(filesOfRoot(host.directory())).isEmpty();
    }

    @Test
    void aFirstConfigurationByRootIsOneThatPostgresqlCanUse() throws Exception {
        Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path repository = roots.resolve("backup/repository");
        Path config = roots.resolve("etc/tidemark/tidemark.toml");
        String conninfo = server.socketConninfo();

        Outcome init = asRoot(
                roots, "init", "--url", "file://" + repository, "--conninfo", conninfo, "--config", config.toString());

        assertThat(init.status()).as(init.output()).isZero();
        assertThat(filesOfRoot(repository)).isEmpty();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(repository)))
                .isEqualTo("rwx------");
        assertThat(ownerOf(config)).isEqualTo("root");
        assertThat(ownerOf(roots.resolve("etc/tidemark"))).isEqualTo("root");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
                .isEqualTo("rw-r-----");
        archiveBy(InstalledTidemark.launcher() + " wal-push %p --config " + config);
        server.archiveCurrentSegment(LIMIT);
        Outcome backup = asRoot(roots, "backup", "--config", config.toString());
        assertThat(backup.status()).as(backup.output()).isZero();
        server.archiveCurrentSegment(LIMIT);
        assertThat(filesOfRoot(repository)).isEmpty();
    }

    private Outcome firstInit(Path repository, Path config, String umask) throws Exception {
        Path launcher = roots.resolve("tidemark");
        Files.writeString(launcher, "umask " + umask + "\nexec " + InstalledTidemark.launcher() + " \"$@\"\n");
        return asRoot(
                "/bin/sh",
                roots,
                launcher.toString(),
                "init",
                "--url",
                "file://" + repository,
                "--conninfo",
                server.socketConninfo(),
                "--config",
                config.toString());
    }

    @Test
    void aPlaceThatPostgresqlCannotUseIsRefusedBeforeAnythingIsDone() throws Exception {
        Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path rootOnly = Files.createDirectory(
                roots.resolve("root-only"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path shared = Files.createDirectory(roots.resolve("shared"));
        Files.writeString(shared.resolve("hosts"), "of another program");
        Path repository = roots.resolve("backup/repository");
        Path config = roots.resolve("etc/tidemark/tidemark.toml");

        for (Path refused : List.of(
                rootOnly.resolve("tidemark.toml"),
                rootOnly.resolve("etc/tidemark/tidemark.toml"),
                shared.resolve("tidemark.toml"))) {
            Outcome init = firstInit(repository, refused, "022");
            assertThat(init.status()).as(init.output()).isEqualTo(60);
            assertThat(init.output())
                    .contains("'" + USER.name() + "', the user of PostgreSQL, cannot ")
                    .contains("HINT: ")
                    .doesNotContain("created");
            assertThat(roots.resolve("backup")).doesNotExist();
            assertThat(refused).doesNotExist();
        }
        Outcome init = firstInit(rootOnly.resolve("backup/repository"), config, "022");
        assertThat(init.status()).as(init.output()).isEqualTo(60);
        assertThat(init.output()).contains("'" + rootOnly + "'");
        assertThat(roots.resolve("etc")).doesNotExist();
        try (Stream<Path> made = Files.list(rootOnly)) {
            assertThat(made).isEmpty();
        }
    }

    @Test
    void underAStrictUmaskPostgresqlReachesWhatRootMakes() throws Exception {
        Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path config = roots.resolve("etc/tidemark/tidemark.toml");

        Outcome init = firstInit(roots.resolve("backup/repository"), config, "077");

        assertThat(init.status()).as(init.output()).isZero();
        archiveBy(InstalledTidemark.launcher() + " wal-push %p --config " + config);
        server.archiveCurrentSegment(LIMIT);
    }

    @Test
    void whoMayNotBecomeTheOwnerIsToldWhatToType() throws Exception {
        mustAsRoot("init");
        Path elsewhere = Files.createDirectory(roots.resolve("root-only"));
        Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
        Path launcher = Files.copy(InstalledTidemark.launcher(), elsewhere.resolve("tidemark"));
        Files.createSymbolicLink(roots.resolve("lib"), InstalledTidemark.home().resolve("lib"));
        Files.createSymbolicLink(
                roots.resolve("runtime"), InstalledTidemark.home().resolve("runtime"));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Process process = new ProcessBuilder(
                        launcher.toString(),
                        "list-backup",
                        "--config",
                        host.config().toString())
                .redirectErrorStream(true)
                .redirectOutput(roots.resolve("output").toFile())
                .start();

        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(Files.readString(roots.resolve("output")))
                .contains("runs as '" + USER.name() + "'", "Install Tidemark where every user can read it");
        assertThat(filesOfRoot(host.directory())).isEmpty();
    }

    /** Otherwise it would run as the owner of whatever else is there, or as root. */
    @Test
    void cronForTheClustersOfSeveralUsersIsRefusedUnlessOneIsNamed() throws Exception {
        mustAsRoot("init");
        Path other = Files.createDirectory(host.directory().resolve("other"));
        Files.setAttribute(other, "unix:uid", 65534);
        Files.writeString(
                host.config(),
                Files.readString(host.config()) + "[cluster.other]\ndata-directory = '" + other
                        + "'\nrepositories = ['local']\n");

        Outcome all = root("cron");

        assertThat(all.status()).as(all.output()).isEqualTo(2);
        assertThat(all.output()).contains("belong to different users: ", "once for each cluster, with --cluster NAME");
        Outcome one = root("cron", "--cluster", "main");
        assertThat(one.status()).as(one.output()).isZero();
        assertThat(filesOfRoot(host.directory())).containsExactly(other);
    }

    /** A crontab may name the wrong user: archive_command cannot read claims and backups that this one stores. */
    @Test
    void cronOfAnotherUserIsRefusedEvenIfItMayWrite() throws Exception {
        mustAsRoot("init");
        Path repository = host.directory().resolve("repository");
        Files.setPosixFilePermissions(host.directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(host.config(), PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(repository, PosixFilePermissions.fromString("rwxrwxrwx"));
        Outcome other = asRoot(
                "setpriv",
                host.directory(),
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                InstalledTidemark.launcher().toString(),
                "cron",
                "--config",
                host.config().toString());

        assertThat(other.status()).as(other.output()).isEqualTo(2);
        assertThat(other.output())
                .contains(
                        "writes to '" + repository + "', which belongs to '" + USER.name() + "', but runs as 'nobody'",
                        "Run it as that user: sudo -u " + USER.name());
    }

    @Test
    void anOrdinaryUserIsToldWhatRootHasToMake() throws Exception {
        Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path repository = roots.resolve("repository");
        String group = Files.readAttributes(host.directory(), PosixFileAttributes.class)
                .group()
                .getName();
        host.configure("""
            [repository.local]
            url = 'file://%1$s'
            [cluster.main]
            conninfo = '%2$s'
            repositories = ['local']
            """.formatted(repository, server.conninfo()));
        for (List<String> command : List.of(List.of("init", "--dry-run"), List.of("init"))) {
            TidemarkHost.Outcome init = host.run(command.toArray(String[]::new));

            assertThat(init.status()).as(init.talk()).isEqualTo(11);
            assertThat(init.talk())
                    .contains("permission denied for user '" + USER.name() + "' ('" + roots
                            + "' belongs to root, mode 0755)")
                    .contains("install -d -o " + USER.name() + " -g " + group + " -m 0700 '" + repository + "'");
        }
        assertThat(new ProcessBuilder(
                                "install", "-d", "-o", USER.name(), "-g", group, "-m", "0700", repository.toString())
                        .start()
                        .waitFor())
                .isZero();
        host.must("init");
    }

    @Test
    void aSpoolThatRootMadeEarlierIsNamedWithItsCure() throws Exception {
        host.must("init");
        Path memory = host.directory().resolve("spool/repositories");
        Files.setOwner(
                memory, memory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("root"));

        TidemarkHost.Outcome listed = host.run("list-backup");

        assertThat(listed.status()).isEqualTo(60);
        assertThat(listed.talk())
                .contains("permission denied for user '" + USER.name() + "' ('" + memory
                        + "' belongs to root, mode 0700)")
                .contains("chown -R " + USER.name() + ":")
                .contains("'" + host.directory().resolve("spool") + "'");
        USER.own(host.directory().resolve("spool"));
        assertThat(host.run("list-backup").status()).isNotEqualTo(60);
    }

    @Test
    void aQueueThatCannotBeReadIsNoFaultOfTheRepository() throws Exception {
        host.must("init");
        String document = Files.readString(host.directory().resolve("repository/tidemark.json"));
        String member = "\"repositoryId\": \"";
        int at = document.indexOf(member) + member.length();
        String id = document.substring(at, at + 36);
        Path queue = Files.createDirectories(host.directory()
                .resolve("spool/v1/pending/" + id + "/main/"
                        + server.query("SELECT system_identifier FROM pg_control_system()")));
        USER.own(host.directory().resolve("spool"));
        Files.setOwner(
                queue, queue.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("root"));
        Files.setPosixFilePermissions(queue, PosixFilePermissions.fromString("rwx------"));

        TidemarkHost.Outcome check = host.run("check", "-v");

        assertThat(check.data())
                .containsPattern("WARNING +spool .*cannot be read")
                .doesNotContainPattern("CRITICAL +(repository|spool) ");
    }

    @Test
    void aPrivateKeyThatItsUserCannotMakeIsRefusedAtTheStart() throws Exception {
        Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path repository = roots.resolve("backup/repository");
        Path key = Files.createDirectory(
                        roots.resolve("secret"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                .resolve("key");
        Path config = roots.resolve("etc/tidemark/tidemark.toml");

        Outcome init = asRoot(
                roots,
                "init",
                "--url",
                "file://" + repository,
                "--conninfo",
                server.socketConninfo(),
                "--config",
                config.toString(),
                "--make-key",
                key.toString());

        assertThat(init.status()).as(init.output()).isEqualTo(2);
        assertThat(init.output()).contains("'" + USER.name() + "', the user of this command");
        assertThat(repository.resolve("tidemark.json")).doesNotExist();
        assertThat(config).doesNotExist();
    }

    @Test
    void ctrlCEndsBothProcessesWithTheStatusOfASignal() throws Exception {
        mustAsRoot("init");
        archiveBy("/bin/false");
        Path output = roots.resolve("output");
        // A group of its own, as a terminal gives it to the job in its foreground.
        Process backup = new ProcessBuilder(
                        "setsid",
                        "env",
                        "--default-signal=INT",
                        InstalledTidemark.launcher().toString(),
                        "backup",
                        "--config",
                        host.config().toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> Files.readString(output).contains("waiting for ") || !backup.isAlive());

        new ProcessBuilder("sh", "-c", "kill -INT -" + backup.pid()).start().waitFor();

        assertThat(backup.waitFor()).as(Files.readString(output)).isEqualTo(75);
        assertThat(Files.readString(output)).containsOnlyOnce("ERROR: interrupted");
        assertThat(filesOfRoot(host.directory())).isEmpty();
    }
}
