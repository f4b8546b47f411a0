// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerPrograms;

/** Where the stories take place: it prints what happens, and runs this program as a reader would. Not thread-safe. */
final class DemoStage {
    /** Shown instead of the long name of the directory. */
    private static final String PLACE = "DEMO";

    private static final Duration LIMIT = Duration.ofSeconds(60);
    static final Duration QUERY_LIMIT = Duration.ofSeconds(60);

    private final ServerPrograms programs;
    private final Path launcher;
    private final Path directory;
    private final PrintStream out;

    DemoStage(ServerPrograms programs, Path launcher, Path directory, PrintStream out) {
        this.programs = programs;
        this.launcher = launcher;
        this.directory = directory;
        this.out = out;
    }

    ServerPrograms programs() {
        return programs;
    }

    /** A file or a directory of the demo. */
    Path place(String name) {
        return directory.resolve(name);
    }

    void begin() {
        out.println("Everything happens in " + directory + ", shown as " + PLACE + ".");
    }

    void chapter(String title) {
        out.println();
        out.println(title);
    }

    void say(String line) {
        out.println(line);
    }

    void show(Map<String, String> tables) {
        tables.forEach((name, content) -> out.printf("  %-10s %s%n", name, content));
    }

    /**
     * Asks until it is so.
     *
     * @param what the server was to do
     * @param log the last lines of the server's log
     */
    void await(BooleanSupplier isSo, String what, Log log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        "the server did not " + what + " within " + LIMIT.toSeconds() + " s",
                        "The last lines of its log: " + log.read());
            }
            Thread.sleep(100);
        }
    }

    /** The log of a server. */
    @FunctionalInterface
    interface Log {
        String read() throws IOException;
    }

    /** Ends the demo if tables are not what they were. */
    static void mustBe(Map<String, String> expected, Map<String, String> tables, String where) {
        if (!tables.equals(expected)) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "the rows " + where + " are not as expected: " + tables,
                    "Please report this, with everything above.");
        }
    }

    /** Every table of the schema public with its number of rows and the digest of all of them in order. */
    static Map<String, String> tables(SqlConnection connection) {
        Map<String, String> tables = new LinkedHashMap<>();
        List<String> names = connection.query(
                QUERY_LIMIT,
                row -> row.getString(1),
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
        for (String name : names) {
            tables.put(
                    name,
                    connection
                            .text(
                                    QUERY_LIMIT,
                                    "SELECT count(*) || ' rows, md5 ' || md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM public."
                                            + name + " t")
                            .orElse(""));
        }
        return tables;
    }

    ProgramRun run(Map<String, String> environment, List<String> command) throws IOException, InterruptedException {
        return ProgramRun.of(directory, environment, command);
    }

    String shortened(String text) {
        return text.replace(directory.toString(), PLACE);
    }

    /** Runs this program, and prints its output; the demo ends if it fails. */
    void tidemark(String... arguments) throws IOException, InterruptedException {
        List<String> quoted = new ArrayList<>(Arrays.asList(arguments));
        quoted.replaceAll(argument -> argument.contains(" ") ? "'" + argument + "'" : argument);
        out.println();
        out.println("$ tidemark " + shortened(String.join(" ", quoted)));
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of("--config", directory.resolve("tidemark.toml").toString()));
        ProgramRun result = run(
                Map.of(
                        "TIDEMARK_HOST_SPOOL",
                        directory.resolve("spool").toString(),
                        // clone starts a server of the same installation.
                        "PATH",
                        programs.bin() + ":" + System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
                command);
        result.output().lines().forEach(line -> out.println("  " + shortened(line)));
        if (result.status() != 0) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "tidemark " + arguments[0] + " exited with status " + result.status(),
                    "Its output is above.");
        }
    }
}
