// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.TemporaryTree;

/**
 * {@code docs/start/README.md}, block by block as the users that it names, on a cluster of Debian with its
 * configuration in /etc. Other than on the page are directories, ports, and the cluster's name; and the build has run.
 */
class StartPageTest {
    private static final Path CHECKOUT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final Path VERSION_15 = Path.of("/usr/lib/postgresql/15/bin/postgres");
    private static final Pattern BLOCK =
            Pattern.compile("```sh\\n# as (root|postgres)[^\\n]*\\n(.*?)```", Pattern.DOTALL);
    private static final int LIMIT_SECONDS = 120;

    private final OperatingUser user = OperatingUser.current();
    private final String cluster = "page" + ProcessHandle.current().pid();
    private final List<String> done = new ArrayList<>();
    private Path root = Path.of("");
    private int port;
    private int copyPort;

    @BeforeEach
    void makeCluster() throws Exception {
        assumeTrue(
                user.switched() && user.name().equals("postgres"),
                "the page is for root and a user postgres; run as root where there is one");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/pg_createcluster")) && Files.isExecutable(VERSION_15),
                "no PostgreSQL of Debian: apt-get install postgresql-15");
        root = user.newTemporaryDirectory("start-page");
        port = FreePort.next();
        copyPort = FreePort.next();
        Files.createDirectories(root.resolve("usr/local/bin"));
        Files.createDirectories(root.resolve("pg"));
        user.own(root.resolve("pg"));
        run("root", "pg_createcluster 15 " + cluster + " -d " + root + "/pg/main -p " + port + " --start");
    }

    @AfterEach
    void dropCluster() throws Exception {
        if (port != 0) {
            runQuietly("postgres", "/usr/lib/postgresql/15/bin/pg_ctl -D " + root + "/pg/restored -m immediate stop");
            runQuietly("root", "pg_dropcluster --stop 15 " + cluster);
            TemporaryTree.delete(root);
        }
    }

    @Test
    void everyBlockOfThePageWorks() throws Exception {
        String page = Files.readString(CHECKOUT.resolve("docs/start/README.md"));
        List<MatchResult> blocks = BLOCK.matcher(page).results().toList();
        assertThat(blocks).hasSizeGreaterThan(8);

        for (MatchResult block : blocks) {
            done.add(run(block.group(1), here(block.group(2))));
        }

        assertThat(String.join("", done))
                .contains("protected")
                .doesNotContain("NOT FULLY PROTECTED")
                .containsPattern("id \\n-+\\n +1\\n\\(1 row\\)")
                .contains("no problem");
        assertThat(run(
                        "root",
                        "stat -c '%U:%G %a' " + root + "/etc/tidemark/tidemark.toml " + root + "/var/lib/tidemark"))
                .isEqualTo("root:postgres 640\npostgres:postgres 700\n");
        everyLineOfCronRunsAndPrintsNothing();
    }

    /** By cron's shell, with an environment like cron's, for the cluster that the page has protected. */
    private void everyLineOfCronRunsAndPrintsNothing() throws Exception {
        List<String> lines = Files.readAllLines(CHECKOUT.resolve("examples/local-directory/tidemark.cron")).stream()
                .filter(line -> line.matches("[0-9*].*"))
                .toList();
        assertThat(lines).hasSize(3);
        for (String line : lines) {
            List<String> fields = List.of(line.split(" +", 7));
            Path script = Files.writeString(root.resolve("line"), here(fields.get(6)) + "\n");
            assertThat(run(
                            fields.get(5),
                            "exec env -i SHELL=/bin/sh PATH=/usr/bin:/bin HOME=/ LOGNAME=postgres"
                                    + " TIDEMARK_CONFIG=\"$TIDEMARK_CONFIG\" /bin/sh -c \"$(cat " + script + ")\""))
                    .as(line)
                    .isEmpty();
        }
    }

    /** The commands of the page, for the place where they are tried. */
    private String here(String block) {
        return block.replaceAll("(?m)^mvn .*$", "")
                .replace("/etc/postgresql/15/main", "/etc/postgresql/15/" + cluster)
                .replace("pg_ctlcluster 15 main", "pg_ctlcluster 15 " + cluster)
                .replace("/var/lib/postgresql/15/", root + "/pg/")
                .replaceAll(
                        "/(var/lib/tidemark|var/spool/tidemark|etc/tidemark|opt/tidemark|usr/local/bin)", root + "/$1")
                .replace("5499", Integer.toString(copyPort));
    }

    private String run(String who, String commands) throws IOException, InterruptedException {
        Path output = Files.createTempFile("page", ".out");
        try {
            List<String> shell = List.of("bash", "-e", "-c", commands);
            ProcessBuilder builder = new ProcessBuilder(who.equals("root") ? shell : user.command(shell))
                    .directory(who.equals("root") ? CHECKOUT.toFile() : new File("/"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", root + "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            builder.environment().put("TIDEMARK_CONFIG", root + "/etc/tidemark/tidemark.toml");
            builder.environment().put("PGPORT", Integer.toString(port));
            Process process = builder.start();
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as(commands)
                    .isTrue();
            String printed = Files.readString(output);
            assertThat(process.exitValue())
                    .as("%s: %s%n%s%nbefore: %s", who, commands, printed, done)
                    .isZero();
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    private void runQuietly(String who, String commands) throws IOException, InterruptedException {
        run(who, commands + " || true");
    }
}
