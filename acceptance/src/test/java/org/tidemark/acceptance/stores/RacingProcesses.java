// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Several processes, each with a {@link RaceWriter}. Not thread-safe. */
final class RacingProcesses implements AutoCloseable {
    private final List<Racer> racers = new ArrayList<>();

    private record Racer(Process process, BufferedReader answers, Writer orders) {}

    RacingProcesses(StoreSite site, Path directory, int count, int size) throws Exception {
        Path settings = StoreProcess.write(site, directory);
        for (int number = 0; number < count; number++) {
            racers.add(start(settings, number, size));
        }
        for (Racer racer : racers) {
            if (!RaceWriter.READY.equals(racer.answers.readLine())) {
                throw new IllegalStateException("a writer could not be started");
            }
        }
    }

    private static Racer start(Path settings, int number, int size) throws Exception {
        Process process = StoreProcess.of(
                        RaceWriter.class, List.of(), settings, Integer.toString(number), Integer.toString(size))
                .start();
        return new Racer(
                process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)));
    }

    /** Each process puts its own content under this key, all at once; what each was told. */
    List<String> race(String key) throws IOException {
        for (Racer racer : racers) {
            racer.orders.write(key + "\n");
        }
        for (Racer racer : racers) {
            racer.orders.flush();
        }
        List<String> answers = new ArrayList<>();
        for (Racer racer : racers) {
            answers.add(String.valueOf(racer.answers.readLine()));
        }
        return answers;
    }

    @Override
    public void close() {
        for (Racer racer : racers) {
            racer.process.destroy();
        }
        for (Racer racer : racers) {
            try {
                if (!racer.process.waitFor(10, TimeUnit.SECONDS)) {
                    racer.process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                racer.process.destroyForcibly();
            }
        }
    }
}
