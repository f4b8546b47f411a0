// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tidemark.restore.RestorePlan.Chosen;

/** The plan, and what to do next, beside the data directory: for whoever comes to it later. */
public final class PlanFile {
    private static final String SUFFIX = ".tidemark-plan.txt";

    private PlanFile() {}

    /** Where it stands: beside the directory, never in it. */
    public static Path beside(Path directory) {
        return directory.resolveSibling(directory.getFileName() + SUFFIX);
    }

    /** Writes it, durably, in the place of an older one. */
    public static Path write(PreparedRestore prepared, Chosen plan) throws IOException {
        Path directory = plan.request().directory();
        StringBuilder text = new StringBuilder(prepared.text()).append("\nNext:\n");
        List<String> commands = PlanText.nextCommands(plan);
        for (int i = 0; i < commands.size(); i++) {
            text.append(i + 1).append(". ").append(commands.get(i)).append('\n');
        }
        Path file = beside(directory);
        FileOwner owner = Files.exists(directory) ? FileOwner.of(directory) : FileOwner.current();
        DurableFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8), 0600, owner);
        return file;
    }
}
