// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;

/**
 * With which cache of classes the launcher starts a command. In the place of Java stands what prints its arguments,
 * unless a test says otherwise.
 */
class ClassCacheTest {
    private static final String BUCKET = "[repository.far]\nurl = \"s3://backups/production\"\n";
    private static final String SEGMENT = "000000010000000000000001";
    private static final String DIRECTORY = "[repository.near]\nurl = \"file:///srv\"\n# url = \"s3://backups\"\n";

    @TempDir
    private Path directory;

    private Installation installation;

    @BeforeEach
    void install() throws IOException {
        installation = new Installation(directory);
        Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 65\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        installation.useJava(directory.resolve("jdk"));
        for (String cache : List.of(
                "wal-push",
                "wal-push-s3",
                "wal-push-sftp",
                "wal-fetch",
                "wal-fetch-s3",
                "wal-fetch-sftp",
                "command",
                "command-s3")) {
            Files.writeString(directory.resolve(cache + ".aot"), "");
        }
        installation.putOneTimeOnJarsAndCaches();
        installation.put("bucket.toml", BUCKET);
        installation.put("directory.toml", DIRECTORY);
    }

    private String started(Map<String, String> environment, String... arguments) throws Exception {
        return cacheOf(environment, arguments).orElseThrow();
    }

    private Optional<String> cacheOf(Map<String, String> environment, String... arguments) throws Exception {
        String option = "-XX:AOTCache=" + directory.toRealPath() + "/";
        List<String> lines = installation
                .run(List.of(), environment, arguments)
                .output()
                .lines()
                .toList();
        assertThat(lines).as("what Java was started with").contains("-cp");
        return lines.stream()
                .filter(line -> line.startsWith(option))
                .findFirst()
                .map(line -> line.substring(option.length()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal-push", "wal-fetch"})
    void thatOfTheStoresThatTheConfigurationNames(String command) throws Exception {
        assertThat(started(Map.of(), command, "a", "b", "--config", "bucket.toml"))
                .isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of(), command, "a", "b", "--config=bucket.toml")).isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of("TIDEMARK_CONFIG", "bucket.toml"), command, "a", "b"))
                .isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of("TIDEMARK_CONFIG", "bucket.toml"), command, "a", "b", "--config", "directory.toml"))
                .isEqualTo(command + ".aot");
    }

    /** A start with S3 has the most classes to load. */
    @ParameterizedTest
    @ValueSource(strings = {"wal-push", "wal-fetch"})
    void ofSeveralThatOfS3(String command) throws Exception {
        String host = "[repository.host]\nurl = \"sftp://backup.example/srv\"\n";
        installation.put("host.toml", host);
        installation.put("both.toml", host + BUCKET);

        assertThat(started(Map.of(), command, "a", "b", "--config", "host.toml"))
                .isEqualTo(command + "-sftp.aot");
        assertThat(started(Map.of(), command, "a", "b", "--config", "both.toml"))
                .isEqualTo(command + "-s3.aot");
    }

    @Test
    void thatOfAnAddressAmongTheArguments() throws Exception {
        assertThat(started(Map.of(), "wal-fetch", "a", "b", "--repository", "s3://backups"))
                .isEqualTo("wal-fetch-s3.aot");
    }

    @Test
    void thatOfTheUsersOwnConfiguration() throws Exception {
        Path own = Files.createDirectories(directory.resolve(".config/tidemark"));
        Files.writeString(own.resolve("tidemark.toml"), BUCKET);

        assertThat(started(Map.of(), "wal-push", "a")).isEqualTo("wal-push-s3.aot");
    }

    @Test
    void onlyTheHeapOfARestoreMayGrowWithTheHost() throws Exception {
        for (String command : List.of("backup", "verify", "list-backup", "check")) {
            assertThat(installation.run(List.of(), Map.of(), command).output())
                    .as(command)
                    .containsPattern("(?m)^-Xmx[0-9]{3,4}m$");
        }
        for (String[] restore : new String[][] {{"recover"}, {"restore"}, {"--config", "bucket.toml", "recover"}}) {
            assertThat(installation.run(List.of(), Map.of(), restore).output())
                    .as(String.join(" ", restore))
                    .doesNotContain("-Xmx");
        }
    }

    @Test
    void oneForAllOtherCommands() throws Exception {
        assertThat(started(Map.of(), "list-backup", "--config", "directory.toml"))
                .isEqualTo("command.aot");
        assertThat(started(Map.of(), "list-backup", "--config", "bucket.toml")).isEqualTo("command-s3.aot");
        assertThat(started(Map.of(), "--help")).isEqualTo("command.aot");
        assertThat(started(Map.of(), "list-backup", "--repository", "s3://backups"))
                .isEqualTo("command-s3.aot");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void noneAfterOneJarWasReplacedByThatOfAnotherBuild(int seconds) throws Exception {
        Path jar = installation.jars().getLast();
        Files.setLastModifiedTime(
                jar, FileTime.from(Files.getLastModifiedTime(jar).toInstant().plusSeconds(seconds)));

        for (String command : List.of("wal-push", "wal-fetch", "list-backup")) {
            assertThat(cacheOf(Map.of(), command, "a", "b")).as(command).isEmpty();
        }
    }

    @Test
    void noneBesideAJarThatAnEarlierVersionLeft() throws Exception {
        Path left = directory.resolve("lib/aa-0.0.9.jar");
        Files.copy(installation.jars().getFirst(), left);
        Files.setLastModifiedTime(left, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));

        assertThat(cacheOf(Map.of(), "wal-push", "a")).isEmpty();
    }

    /** The JVM itself does not look at the jars before 25.0.4 (JDK-8377932): it ran classes of both builds. */
    @Test
    void classesOfAnOlderBuildAreNotRun() throws Exception {
        Path log = directory.resolve("data/classes");
        Map<String, String> logged = Map.of("TIDEMARK_JAVA_OPTIONS", "-Xlog:class+load:file=" + log);
        installation.useJava(InstalledTidemark.home().resolve("runtime"));
        makeCache("command", "--version");
        makeCache("wal-push", "wal-push", "pg_wal/" + SEGMENT);
        assertThat(installation.run(List.of(), logged, "--version").status()).isZero();
        assertThat(fromCache(log)).as("before").isNotEmpty();
        installation.run(List.of(), logged, "wal-push", "pg_wal/" + SEGMENT);
        assertThat(fromCache(log)).as("before").isNotEmpty();

        installation.replaceClass("org/tidemark/cli/process/ProgramVersion", """
                package org.tidemark.cli.process;
                public final class ProgramVersion {
                    public static String text() {
                        return "of a newer build";
                    }
                }
                """);

        assertThat(installation.run(List.of(), Map.of(), "--version").output()).contains("of a newer build");
        installation.run(List.of(), logged, "--version");
        assertThat(fromCache(log)).isEmpty();
        installation.run(List.of(), logged, "wal-push", "pg_wal/" + SEGMENT);
        assertThat(fromCache(log)).isEmpty();
    }

    private void makeCache(String name, String... arguments) throws Exception {
        Path cache = directory.resolve(name + ".aot");
        Files.delete(cache);
        installation.run(List.of(), Map.of("TIDEMARK_JAVA_OPTIONS", "-XX:AOTCacheOutput=" + cache), arguments);
        assertThat(cache).isNotEmptyFile();
        installation.putOneTimeOnJarsAndCaches();
    }

    private static List<String> fromCache(Path log) throws IOException {
        List<String> ours = Files.readAllLines(log).stream()
                .filter(line -> line.contains(" org.tidemark."))
                .toList();
        assertThat(ours).isNotEmpty();
        return ours.stream()
                .filter(line -> line.contains("source: shared objects file"))
                .toList();
    }

    /** Where the build made caches. */
    @Test
    void theBuildGivesItsJarsAndItsCachesOneTime() throws Exception {
        Path built = Path.of(System.getProperty("tidemark.root", "."), "dist/target/tidemark");
        List<Path> files = new ArrayList<>();
        try (Stream<Path> jars = Files.list(built.resolve("lib"));
                Stream<Path> caches = Files.list(built)) {
            caches.filter(file -> file.toString().endsWith(".aot")).forEach(files::add);
            assumeThat(files).as("caches in " + built).isNotEmpty();
            jars.filter(file -> file.toString().endsWith(".jar")).forEach(files::add);
        }

        Set<Instant> times = new HashSet<>();
        for (Path file : files) {
            times.add(Files.getLastModifiedTime(file).toInstant());
        }

        // Whole seconds: some archives and file systems keep no more.
        assertThat(times)
                .singleElement()
                .satisfies(time -> assertThat(time).isEqualTo(time.truncatedTo(ChronoUnit.SECONDS)));
    }

    /** Where the build made caches: with them a JVM begins with every class that they hold. */
    @Test
    void commandsStartWithTheClassesOfABackupAndOfARestoreAndReadNoneFromJars() throws Exception {
        Path home = InstalledTidemark.home();
        assumeThat(home.resolve("command.aot")).as("made by the build").exists();
        Path log = directory.resolve("data/classes");
        List<String> command = List.of(InstalledTidemark.launcher().toString(), "version");
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command)).inheritIO();
        builder.environment().put("TIDEMARK_JAVA_OPTIONS", "-Xlog:class+load:file=" + log + ":none");
        assertThat(builder.start().waitFor()).isZero();

        List<String> lines = Files.readAllLines(log);
        Map<Boolean, List<String>> byCache =
                lines.stream().collect(Collectors.partitioningBy(line -> line.contains("source: shared objects file")));
        for (String part : List.of("backup.", "restore.", "replicate.", "watch.check.")) {
            assertThat(byCache.get(true)).as(part).anyMatch(line -> line.startsWith("org.tidemark." + part));
        }
        assertThat(byCache.get(true)).anyMatch(line -> line.startsWith("picocli.CommandLine "));
        assertThat(byCache.get(true)).anyMatch(line -> line.startsWith("org.postgresql."));
        assertThat(byCache.get(false)).noneMatch(line -> line.contains(".jar"));
    }

    /** The JVM's warning would stand among the data, and be taken for data by what reads JSON. */
    @Test
    void oneThatDoesNotFitIsPassedOverWithoutAWord() throws Exception {
        installation.useJava(InstalledTidemark.home().resolve("runtime"));
        Files.writeString(directory.resolve("command.aot"), "not a cache");
        installation.putOneTimeOnJarsAndCaches();

        Installation.Outcome version = installation.run(List.of(), Map.of(), "--version");

        assertThat(version.status()).isZero();
        assertThat(version.output().lines()).singleElement().asString().startsWith("tidemark ");
    }

    @Test
    void aConfigurationThatIsNoFileIsNotWaitedFor() throws Exception {
        Files.createDirectory(installation.data().resolve("strange"));

        assertThat(started(Map.of("TIDEMARK_CONFIG", "strange"), "wal-push", "a"))
                .isEqualTo("wal-push.aot");
    }
}
