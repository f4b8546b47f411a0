// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program of the class path in a JVM of its own, with the options that the launcher gives to all commands but
 * {@code serve}, and those for WAL, which have a limit of the heap besides; and the memory that it took at most: all of
 * it, not the heap alone.
 */
public final class MeasuredProcess {
    /** What pushing or fetching an object of any size may take. */
    public static final long MOST_KIB = 200 * 1024;

    private static final System.Logger LOG = System.getLogger(MeasuredProcess.class.getName());
    private static final Path LAUNCHER =
            Path.of(System.getProperty("tidemark.root", "."), "dist/src/launcher/tidemark");
    private static final Pattern OPTIONS = Pattern.compile("collector=\"([^\"]+)\"");

    private MeasuredProcess() {}

    /**
     * Runs it to its end.
     *
     * @param main prints nothing but what {@link LargeObject#printPeak} prints
     * @return the most that was resident, in KiB
     */
    public static long peakKib(Class<?> main, Map<String, String> environment, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(launcherOptions());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true);
        long begin = System.nanoTime();
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0 || !printed.matches("[0-9]+")) {
            throw new IOException(main.getSimpleName() + " ended with " + process.exitValue() + ":\n" + printed);
        }
        LOG.log(
                System.Logger.Level.INFO,
                String.join(" ", arguments) + ": " + printed + " KiB resident, "
                        + (System.nanoTime() - begin) / 1_000_000 + " ms");
        return Long.parseLong(printed);
    }

    /** Those about memory, as they stand in the launcher. */
    private static List<String> launcherOptions() throws IOException {
        Matcher options = OPTIONS.matcher(Files.readString(LAUNCHER));
        if (!options.find()) {
            throw new IOException("no options for the memory of Java in " + LAUNCHER);
        }
        return List.of(options.group(1).split(" "));
    }
}
