// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Piece;

/**
 * What the catalog costs at a size that no test has, one step in each process: bench/scale.sh runs the steps and
 * measures them. A step prints what it did, in one line.
 */
final class ScaleBenchmark {
    private static final long SEED = 42;

    /** One file in a hundred. */
    private static final int CHANGED_PER_MILLE = 10;

    private static final int PARENT = 1;
    private static final int CHILD = 2;

    private final Path directory;
    private final SimulatedFiles before;
    private final SimulatedFiles after;

    ScaleBenchmark(Path directory, int files, int pieces) {
        this.directory = directory;
        this.before = new SimulatedFiles(files, pieces, SEED, 0);
        this.after = new SimulatedFiles(files, pieces, SEED, CHANGED_PER_MILLE);
    }

    /** Arguments: the step, an empty directory or that of an earlier step, how many files, pieces of each. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
        ScaleBenchmark benchmark = new ScaleBenchmark(
                Files.createDirectories(Path.of(arguments[1])),
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]));
        PrintStream out = System.out;
        out.println(benchmark.run(arguments[0]));
    }

    String run(String step) throws IOException {
        return switch (step) {
            case "sizes" -> sizes();
            case "write" -> write(PARENT, before);
            case "write-changed" -> write(CHILD, after);
            case "read" -> read();
            case "diff" -> diff();
            case "describe" -> describe();
            case "grow" -> GrownBackup.grow(directory, before.files(), before.pieces());
            default -> throw new IllegalArgumentException("not a step: " + step);
        };
    }

    private String sizes() throws IOException {
        ManifestSizes sizes = ManifestSizes.of(before, directory);
        ManifestSizes.Part whole = sizes.whole();
        ManifestSizes.Part unchanged = sizes.unchanged(after);
        return String.format(
                Locale.ROOT,
                "%d parts, %d MiB plain, %d MiB by zstd:1, %d MiB by zstd:3; the parts with a changed file:"
                        + " %d MiB by zstd:1",
                sizes.count(),
                whole.plainBytes() >> 20,
                whole.fastBytes() >> 20,
                whole.denseBytes() >> 20,
                (whole.fastBytes() - unchanged.fastBytes()) >> 20);
    }

    private SimulatedRepository repository() throws IOException {
        return SimulatedRepository.at(Files.createDirectories(directory.resolve("repository")), directory);
    }

    private String write(int backup, SimulatedFiles files) throws IOException {
        repository().store(backup, files);
        return files.files() + " files, " + (files.dataSizeBytes() >> 30) + " GiB";
    }

    private ManifestReader manifest(int backup) throws IOException {
        BackupCatalog catalog = repository().catalog();
        return catalog.manifest(catalog.read(SimulatedRepository.id(backup)));
    }

    private String read() throws IOException {
        ManifestReader manifest = manifest(PARENT);
        long pieces = 0;
        for (Optional<ManifestEntry> entry = manifest.next(); entry.isPresent(); entry = manifest.next()) {
            if (entry.get() instanceof FileEntry file) {
                pieces += file.pieces().size();
            }
        }
        return pieces + " pieces";
    }

    /** Both manifests in step, as an incremental backup reads that of its parent. */
    private String diff() throws IOException {
        ManifestReader parent = manifest(PARENT);
        ManifestReader child = manifest(CHILD);
        int files = 0;
        long pieces = 0;
        for (Optional<ManifestEntry> entry = parent.next(); entry.isPresent(); entry = parent.next()) {
            ManifestEntry other = child.next().orElseThrow();
            if (entry.get() instanceof FileEntry old && other instanceof FileEntry now) {
                long changed = changedPieces(old.pieces(), now.pieces());
                files += changed > 0 ? 1 : 0;
                pieces += changed;
            }
        }
        return pieces + " pieces of " + files + " files are changed";
    }

    private static long changedPieces(List<Piece> before, List<Piece> after) {
        long changed = 0;
        for (int i = 0; i < before.size(); i++) {
            if (!before.get(i).checksums().equals(after.get(i).checksums())) {
                changed++;
            }
        }
        return changed;
    }

    private String describe() throws IOException {
        SimulatedRepository repository = repository();
        for (int backup = 1; backup <= before.files(); backup++) {
            repository.describe(backup);
        }
        return before.files() + " backups";
    }
}
