// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.TemporaryTree;

/**
 * A host on which the pages of docs are followed, block by block as the users that they name, on clusters of Debian
 * with their configuration in /etc. Other than on a page are directories, ports, and the clusters' names; Tidemark is
 * installed; and where a page gives PostgreSQL some seconds to archive, this waits until it has. Not thread-safe.
 */
final class PageHost implements AutoCloseable {
    static final Path CHECKOUT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final Path VERSION_15 = Path.of("/usr/lib/postgresql/15/bin/postgres");
    private static final Pattern BLOCK =
            Pattern.compile("```sh\\n# as (root|postgres)[^\\n]*\\n(.*?)```", Pattern.DOTALL);
    private static final String TIME_TO_ARCHIVE = "sleep 5";
    private static final int LIMIT_SECONDS = 300;

    private final OperatingUser user = OperatingUser.current();
    private final Path root;
    private final Map<String, Integer> ports = new LinkedHashMap<>();
    private final Map<String, String> replacements = new LinkedHashMap<>();
    private final List<String> done = new ArrayList<>();

    /** With the cluster {@code 15/main}; skips the test where Debian's PostgreSQL is missing. */
    PageHost() throws IOException, InterruptedException {
        assumeTrue(
                user.switched() && user.name().equals("postgres"),
                "the page is for root and a user postgres; run as root where there is one");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/pg_createcluster")) && Files.isExecutable(VERSION_15),
                "no PostgreSQL of Debian: apt-get install postgresql-15");
        root = user.newTemporaryDirectory("page");
        Files.createDirectories(root.resolve("usr/bin"));
        Files.createDirectories(root.resolve("pg"));
        user.own(root.resolve("pg"));
        Files.createDirectories(root.resolve("state"));
        user.own(root.resolve("state"));
        replace("/var/lib/postgresql/15/", root + "/pg/");
        for (String file : List.of("/var/lib/tidemark", "/var/spool/tidemark", "/etc/tidemark", "/usr/bin/tidemark")) {
            replace(file, root + file);
        }
        install();
        createCluster("main");
        archivesAt(port(0));
    }

    /** From now on, time to archive is as long as the server with this port needs. */
    void archivesAt(int port) {
        replace(
                TIME_TO_ARCHIVE,
                "until psql -p " + port
                        + " -Atc \"SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'\""
                        + " | grep -qx 0; do sleep 0.2; done");
    }

    /** As the package does it. */
    private void install() throws IOException, InterruptedException {
        run(
                "root",
                "ln -s " + InstalledTidemark.launcher() + " /usr/bin/tidemark\n"
                        + "install -d -o postgres -g postgres -m 0700 /var/spool/tidemark\n"
                        + "install -d -o root -g postgres -m 0750 /etc/tidemark\n");
    }

    Path root() {
        return root;
    }

    /** What a page says, and what stands for it here. */
    void replace(String text, String here) {
        replacements.put(text, here);
    }

    /** A running cluster of version 15, by the name that the pages give it. */
    void createCluster(String name) throws IOException, InterruptedException {
        String cluster = root.getFileName() + name;
        int port = FreePort.next();
        ports.put(cluster, port);
        replace("/etc/postgresql/15/" + name, "/etc/postgresql/15/" + cluster);
        replace("ctlcluster 15 " + name, "ctlcluster 15 " + cluster);
        run("root", "pg_createcluster 15 " + cluster + " -d " + root + "/pg/" + name + " -p " + port + " --start");
    }

    /** The port of a cluster that was created, counted from 0. */
    int port(int number) {
        return List.copyOf(ports.values()).get(number);
    }

    /** Runs every block of a page, from the checkout, that says who runs it. */
    void follow(String page) throws IOException, InterruptedException {
        follow(page, 0);
    }

    /** The same without the first blocks. */
    void follow(String page, int from) throws IOException, InterruptedException {
        follow(page, from, Integer.MAX_VALUE);
    }

    /** The same of a number of blocks at the most. */
    void follow(String page, int from, int limit) throws IOException, InterruptedException {
        List<MatchResult> blocks = BLOCK.matcher(Files.readString(CHECKOUT.resolve(page)))
                .results()
                .skip(from)
                .limit(limit)
                .toList();
        assertThat(blocks).as(page).isNotEmpty();
        for (MatchResult block : blocks) {
            run(block.group(1), block.group(2));
        }
    }

    /** Those blocks of a page that say who runs them. */
    static String blocks(String page) throws IOException {
        return BLOCK.matcher(Files.readString(CHECKOUT.resolve(page)))
                .results()
                .map(block -> block.group(2))
                .collect(Collectors.joining());
    }

    /** All that was printed. */
    String printed() {
        return String.join("", done);
    }

    /** Commands as on a page, which are to succeed; what they print. */
    String run(String who, String commands) throws IOException, InterruptedException {
        String here = here(commands.replaceAll("(?m)^apt-get .*$", ""));
        Path output = Files.createTempFile("page", ".out");
        try {
            List<String> shell = List.of("bash", "-e", "-o", "pipefail", "-c", here);
            ProcessBuilder builder = new ProcessBuilder(who.equals("root") ? shell : user.command(shell))
                    .directory(who.equals("root") ? CHECKOUT.toFile() : new File("/"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", root + "/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            builder.environment().put("TIDEMARK_CONFIG", root + "/etc/tidemark/tidemark.toml");
            // These commands end within seconds: for that long C2 takes a third of their time.
            builder.environment().put("TIDEMARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
            // Not what this machine's user has: a 'serve' may have been killed there, which 'check' tells.
            builder.environment().put("XDG_STATE_HOME", root + "/state");
            if (who.equals("root")) {
                // A first configuration, for which root would make /var/spool/tidemark on this machine.
                builder.environment().put("TIDEMARK_HOST_SPOOL", root + "/var/spool/tidemark");
            }
            if (!ports.isEmpty()) {
                builder.environment().put("PGPORT", Integer.toString(port(0)));
            }
            Process process = builder.start();
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as(here)
                    .isTrue();
            String printed = Files.readString(output);
            assertThat(process.exitValue())
                    .as("%s: %s%n%s%nbefore: %s", who, here, printed, done)
                    .isZero();
            done.add(printed);
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    /** All at once: a directory or a port of this host may contain what stands for another one on a page. */
    private String here(String commands) {
        Pattern any = Pattern.compile(
                replacements.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")));
        return any.matcher(commands)
                .replaceAll(found -> Matcher.quoteReplacement(Objects.requireNonNull(replacements.get(found.group()))));
    }

    @Override
    public void close() throws IOException {
        try {
            run("postgres", "/usr/lib/postgresql/15/bin/pg_ctl -D " + root + "/pg/restored -m immediate stop || true");
            for (String cluster : ports.keySet()) {
                run("root", "pg_dropcluster --stop 15 " + cluster + " || true");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        TemporaryTree.delete(root);
    }
}
