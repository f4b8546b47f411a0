// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.config.Environment;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.core.ExitCode;
import org.tidemark.store.StoreOption;

class DiagnoseCommandTest {
    private static final String MARKER = "marker-of-a-secret";

    @TempDir
    private Path root;

    private Path configure(String toml) throws IOException {
        Path file = root.resolve("etc/tidemark/tidemark.toml");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, toml);
    }

    private static Map<String, String> unpacked(Path archive) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (ZipEntry each : Collections.list(zip.entries())) {
                try (InputStream content = zip.getInputStream(each)) {
                    files.put(
                            String.valueOf(Path.of(each.getName()).getFileName()),
                            new String(content.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        return files;
    }

    @Test
    void noSecretIsPackedWhereverItIsConfigured() throws Exception {
        StringBuilder toml = new StringBuilder("""
                [host]
                spool = '%1$s/spool'
                log = '%1$s/tidemark.log'
                [repository.local]
                url = 's3://bucket/prod'
                endpoint = 'http://127.0.0.1:1'
                decrypt-with = { command = 'printf %2$s' }
                connect-timeout = '1s'
                read-timeout = '1s'
                request-timeout = '1s'
                [cluster.main]
                conninfo = 'host=127.0.0.1 port=1 connect_timeout=1 user=x password=%2$s sslpassword=%2$s'
                data-directory = '%1$s/data'
                repositories = ['local']
                """.formatted(root, MARKER));
        int number = 0;
        for (String scheme : StoreDeclarations.schemes()) {
            for (StoreOption option : StoreDeclarations.of(scheme).orElseThrow().options()) {
                String value = option.name().endsWith("-command")
                        ? "printf \"" + MARKER + "\""
                        : option.secret() ? "http://user:" + MARKER + "@host" : "";
                if (!value.isEmpty()) {
                    toml.append("[repository.n%d]\nurl = '%s://bucket/container/x'\n%s = '%s'\n"
                            .formatted(++number, scheme, option.name(), value));
                }
            }
        }
        assertThat(number).isGreaterThan(2);
        configure(toml.toString());
        Files.writeString(root.resolve("tidemark.log"), "an old line with password=" + MARKER + "\n");
        Files.createDirectories(root.resolve("spool/v1"));

        ProgramRun run = ProgramRun.of(
                root,
                Map.of("PGPASSWORD", MARKER, "AWS_SECRET_ACCESS_KEY", MARKER, "AWS_ACCESS_KEY_ID", "id"),
                "diagnose");

        assertThat(run.status()).as(run.talk()).isZero();
        Path archive = Path.of(run.data().strip());
        assertThat(archive.getParent()).isEqualTo(root);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");
        Map<String, String> files = unpacked(archive);
        assertThat(files)
                .containsOnlyKeys(
                        "index.txt",
                        "config.txt",
                        "check.txt",
                        "check.json",
                        "status.txt",
                        "list-backup.txt",
                        "cron.txt",
                        "system.txt",
                        "spool.txt",
                        "log.txt");
        assertThat(files).allSatisfy((name, text) -> {
            assertThat(text).as(name).doesNotContain(MARKER);
            assertThat("index.txt: " + files.get("index.txt")).contains(name + ": ");
            assertThat(run.talk()).contains(name);
        });
        assertThat(files.get("config.txt")).contains("cluster.main.conninfo", "********");
        assertThat(files.get("check.txt")).contains("CRITICAL");
        assertThat(files.get("check.json")).contains("\"formatVersion\"");
        assertThat(files.get("log.txt")).contains("an old line");
        assertThat(files.get("spool.txt")).contains("spool/v1");
        assertThat(files.get("system.txt")).contains("tidemark: ", "java: ");
    }

    @Test
    void aWrongConfigurationIsPackedWithWhatIsWrong() throws Exception {
        configure(
                "[host]\njobs = 'many'\n[repository.other]\nurl = 'rsync://user:" + MARKER + "@127.0.0.1:1/module'\n");

        ProgramRun run = ProgramRun.of(root, Map.of(), "diagnose", "given.zip", "--json");

        assertThat(run.status()).as(run.talk()).isZero();
        assertThat(run.data())
                .contains("\"file\" : \"" + root.resolve("given.zip") + "\"", "\"name\" : \"config.txt\"");
        Map<String, String> files = unpacked(root.resolve("given.zip"));
        assertThat(files.get("config.txt")).contains("'host.jobs' cannot be 'many'");
        assertThat(files).allSatisfy((name, text) -> assertThat(text).as(name).doesNotContain(MARKER));
    }

    /** A pipe that nobody writes to: like a file on a network file system whose server is gone. */
    @Test
    void aFileThatHangsDelaysItByItsLimitAtMost() throws Exception {
        Path data = Files.createDirectory(root.resolve("data"));
        assertThat(new ProcessBuilder("mkfifo", data.resolve("PG_VERSION").toString())
                        .start()
                        .waitFor())
                .isZero();
        configure("""
                [host]
                spool = '%1$s/spool'
                [repository.local]
                url = 'file://%1$s/repository'
                [cluster.main]
                data-directory = '%1$s/data'
                """.formatted(root));
        Environment environment = new Environment(Map.of(), root, root, root);
        CommandContext context =
                new CommandContext(environment, Clock.systemUTC(), System.out, System.err, false, false);

        List<DiagnosticPack.Entry> entries = new DiagnosticPack(context, new GlobalOptions(), Duration.ofSeconds(3))
                .write(root.resolve("p.zip"), "p");

        assertThat(entries)
                .filteredOn(each -> each.name().equals("system.txt"))
                .singleElement()
                .satisfies(each -> assertThat(each.content()).contains("did not end within 3 s"));
        assertThat(unpacked(root.resolve("p.zip")).get("config.txt")).contains("cluster.main");
    }

    @Test
    void aFileThatExistsStaysAsItIs() throws Exception {
        Path file = Files.writeString(root.resolve("precious"), "text");

        ProgramRun run = ProgramRun.of(root, Map.of(), "diagnose", "precious");

        assertThat(run.status()).isEqualTo(ExitCode.LOCAL_FILES.status());
        assertThat(run.talk()).contains("ERROR: cannot make '" + file + "': it exists already");
        assertThat(file).hasContent("text");
    }
}
