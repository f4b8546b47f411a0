// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CommandRun;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.KnownKey;
import org.tidemark.config.LogSettings.LogFile;
import org.tidemark.config.SecretMask;
import org.tidemark.config.Setting;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.FileProblem;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UtcTime;
import picocli.CommandLine;

/** Gathers what {@code diagnose} packs; a part that cannot be had says why. Not thread-safe. */
final class DiagnosticPack {
    /** For all parts together: they are gathered at once. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private static final int MOST_LOG_BYTES = 1 << 20;
    private static final int MOST_OUTPUT_BYTES = 4 << 20;
    private static final int MOST_FILES = 10_000;

    private final CommandContext context;
    private final GlobalOptions global;
    private final Duration limit;
    private final List<Setting> settings;
    private final SecretMask.Texts mask;

    /** A file of the archive, without secrets. */
    record Entry(String name, String what, String content) {}

    /** @param limit for all parts together */
    DiagnosticPack(CommandContext context, GlobalOptions global, Duration limit) {
        this.context = context;
        this.global = global;
        this.limit = limit;
        this.settings = new ConfigurationLoader(context.environment(), context.clock())
                .settingsDespiteProblems(global.config());
        this.mask = SecretMask.of(settings, context.environment());
    }

    /**
     * Makes the archive, which only its owner can read.
     *
     * @param directory in the archive
     * @return what was packed, the index first
     * @throws IOException if the file exists, or cannot be written; then nothing is left of it
     */
    List<Entry> write(Path file, String directory) throws IOException, InterruptedException {
        try (OutputStream created = Channels.newOutputStream(FileChannel.open(
                file,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))))) {
            List<Entry> entries = entries();
            pack(entries, created, directory);
            return entries;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | InterruptedException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private void pack(List<Entry> entries, OutputStream to, String directory) throws IOException {
        try (ZipOutputStream archive = new ZipOutputStream(to)) {
            for (Entry each : entries) {
                ZipEntry header = new ZipEntry(directory + "/" + each.name());
                header.setTime(context.clock().millis());
                archive.putNextEntry(header);
                archive.write(each.content().getBytes(StandardCharsets.UTF_8));
                archive.closeEntry();
            }
        }
    }

    private List<Entry> entries() throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        FutureTask<String> system = start("system", this::system);
        FutureTask<String> spool = start("spool", this::spool);
        FutureTask<String> log = start("log", this::log);
        List<Entry> entries = new ArrayList<>(commands(end));
        entries.add(entry("system.txt", "the versions, and the machine", await(system, end)));
        entries.add(entry("spool.txt", "the files in the spool", await(spool, end)));
        entries.add(entry("log.txt", "the end of the log", await(log, end)));
        StringBuilder index = new StringBuilder("tidemark diagnose, "
                + UtcTime.seconds(context.clock().instant()) + "\nPasswords and keys are replaced by stars.\n\n");
        entries.forEach(each ->
                index.append(each.name()).append(": ").append(each.what()).append('\n'));
        entries.addFirst(entry("index.txt", "this list", index.toString()));
        return entries;
    }

    private Entry entry(String name, String what, String content) {
        return new Entry(name, what, mask.masked(content));
    }

    /** Reads files in a thread of its own: a disk may hang. */
    private static FutureTask<String> start(String name, Callable<String> part) {
        FutureTask<String> task = new FutureTask<>(part);
        Thread.ofPlatform().daemon().name("diagnose " + name).start(task);
        return task;
    }

    private String await(FutureTask<String> part, long end) throws InterruptedException {
        try {
            return part.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return late();
        } catch (ExecutionException e) {
            return e.getCause() + "\n"; // an error in the program itself is worth packing
        }
    }

    private String late() {
        return "It did not end within " + limit.toSeconds() + " s.\n";
    }

    /** A command that runs, and what it has printed by now. */
    private record Running(
            String name, String line, ByteArrayOutputStream data, ByteArrayOutputStream talk, Thread thread) {}

    private List<Entry> commands(long end) throws InterruptedException {
        List<Running> running = List.of(
                start("config.txt", false, "config"),
                start("check.txt", true, "check", "--timeout", "30s"),
                start("check.json", true, "check", "--timeout", "30s", "--json"),
                start("status.txt", true, "status"),
                start("list-backup.txt", true, "list-backup"),
                start("cron.txt", true, "cron", "--dry-run"));
        List<Entry> entries = new ArrayList<>();
        for (Running each : running) {
            boolean ended = each.thread().join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            String talk = text(each.talk()) + (ended ? "" : late());
            if (each.name().endsWith(".json")) {
                entries.add(entry(each.name(), "'tidemark " + each.line() + "'", text(each.data())));
                continue;
            }
            entries.add(entry(
                    each.name(),
                    "'tidemark " + each.line() + "'",
                    text(each.data()) + (talk.isEmpty() ? "" : "\nWhat it printed to stderr:\n" + talk)));
        }
        return entries;
    }

    private static String text(ByteArrayOutputStream printed) {
        byte[] bytes = printed.toByteArray();
        return bytes.length <= MOST_OUTPUT_BYTES
                ? new String(bytes, StandardCharsets.UTF_8)
                : new String(Arrays.copyOf(bytes, MOST_OUTPUT_BYTES), StandardCharsets.UTF_8) + "\n(cut off here)\n";
    }

    /** Runs a command as if it had been called, in a thread of its own: a store or a disk may hang. */
    private Running start(String name, boolean ofClusters, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        global.config().ifPresent(file -> line.addAll(List.of("--config", file.toString())));
        global.repositories().forEach(each -> line.addAll(List.of("--repository", each)));
        if (ofClusters) {
            line.addAll(List.of(
                    "--cluster",
                    global.isForAll()
                            ? "all"
                            : global.cluster().map(Object::toString).orElse("all")));
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        CommandContext captured = new CommandContext(
                context.environment(),
                context.clock(),
                new PrintStream(data, true, StandardCharsets.UTF_8),
                new PrintStream(talk, true, StandardCharsets.UTF_8),
                false,
                false);
        Thread thread = new Thread(
                () -> {
                    CommandLine program = Commands.of(captured, line.getFirst());
                    program.setOut(new PrintWriter(captured.data(), true, StandardCharsets.UTF_8));
                    program.setErr(new PrintWriter(captured.talk(), true, StandardCharsets.UTF_8));
                    program.setExecutionStrategy(parsed ->
                            new CommandRun(captured, parsed.subcommand().commandSpec()).status());
                    try {
                        int status = program.execute(line.toArray(String[]::new));
                        captured.talk().println("exit status " + status);
                    } catch (RuntimeException | Error e) {
                        e.printStackTrace(captured.talk()); // an error in the program itself is worth packing
                    }
                },
                "diagnose " + name);
        thread.setDaemon(true);
        thread.start();
        return new Running(name, String.join(" ", line), data, talk, thread);
    }

    private String system() {
        StringBuilder text = new StringBuilder();
        line(text, "tidemark", ProgramVersion.text());
        line(text, "java", System.getProperty("java.vendor") + " " + Runtime.version());
        line(
                text,
                "kernel",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        line(text, "system", osRelease());
        line(text, "processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        line(text, "heap", (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
        line(text, "user", SystemUser.current());
        line(text, "time", UtcTime.seconds(context.clock().instant()));
        for (Setting each : settings) {
            if (KnownKey.of(each.key())
                    .filter(KnownKey.CLUSTER_DATA_DIRECTORY::equals)
                    .isPresent()) {
                line(text, "PostgreSQL in " + each.value(), firstLine(Path.of(each.value(), "PG_VERSION")));
            }
        }
        line(
                text,
                "variables of the configuration",
                String.join(", ", context.environment().variablesOfConfiguration()));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(": ").append(value).append('\n');
    }

    private String osRelease() {
        try (Stream<String> lines = Files.lines(context.environment().root().resolve("etc/os-release"))) {
            return lines.filter(line -> line.startsWith("PRETTY_NAME="))
                    .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return FileProblem.of(e);
        }
    }

    private static String firstLine(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            return FileProblem.of(e);
        }
    }

    /** Every spool that a command of this user may use. */
    private String spool() {
        Set<Path> spools = new TreeSet<>();
        for (Setting each : settings) {
            if (KnownKey.of(each.key()).filter(KnownKey.HOST_SPOOL::equals).isPresent()) {
                spools.add(Path.of(each.value()));
            }
        }
        if (spools.isEmpty()) {
            spools.add(SpoolDirectory.withoutConfiguration(context.environment()));
            for (Setting each : settings) {
                if (KnownKey.of(each.key())
                        .filter(KnownKey.CLUSTER_DATA_DIRECTORY::equals)
                        .isPresent()) {
                    Path beside = SpoolDirectory.beside(Path.of(each.value()));
                    if (Files.exists(beside)) {
                        spools.add(beside);
                    }
                }
            }
        }
        StringBuilder text = new StringBuilder("bytes, time of the last change, and name\n");
        for (Path each : spools) {
            try (Stream<Path> files = Files.walk(each)) {
                files.limit(MOST_FILES).forEach(file -> describe(text, file));
            } catch (IOException e) {
                line(text, each.toString(), FileProblem.of(e));
            } catch (UncheckedIOException e) {
                line(text, each.toString(), String.valueOf(e.getMessage()));
            }
        }
        return text.toString();
    }

    private static void describe(StringBuilder text, Path file) {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            text.append(found.size())
                    .append("  ")
                    .append(UtcTime.seconds(found.lastModifiedTime().toInstant()))
                    .append("  ")
                    .append(file)
                    .append('\n');
        } catch (IOException e) {
            line(text, file.toString(), FileProblem.of(e));
        }
    }

    private String log() {
        return new ConfigurationLoader(context.environment(), context.clock())
                .logDespiteProblems(global.config())
                .map(log -> log.to() instanceof LogFile file
                        ? end(file.path())
                        : "the log is in the " + log.to() + ", not in a file\n")
                .orElse("no log is configured\n");
    }

    private static String end(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long from = Math.max(0, channel.size() - MOST_LOG_BYTES);
            ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
            channel.position(from);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Until the end.
            }
            String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            return from == 0 ? text : text.substring(text.indexOf('\n') + 1);
        } catch (IOException e) {
            return "the log '" + file + "' cannot be read: " + FileProblem.of(e) + "\n";
        }
    }
}
