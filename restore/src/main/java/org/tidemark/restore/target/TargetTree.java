// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.PathBytes;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;

/**
 * Where the paths of a manifest are on this host: below the data directory, and what is below a tablespace's link in
 * the tablespace's directory itself, so that no link is ever followed. Immutable.
 */
public final class TargetTree {
    private static final String LINKS = "pg_tblspc/";

    private static final String WAL = "pg_wal";

    private final Path root;
    private final Map<String, Path> tablespaces = new HashMap<>();
    /** Where the tablespaces really are. */
    private final Map<String, Path> places = new HashMap<>();

    /** Where pg_wal is, if that is a link. */
    private final Optional<Path> wal;

    /** Whether the restore makes that link. */
    private final boolean isWalPlanned;

    /**
     * A directory that is filled, and where it is in the manifest.
     *
     * @param root the directory of the plan that it belongs to
     * @param prefix of the paths of what is in it; empty, or with a slash at its end
     */
    public record Part(Path place, Path root, String prefix) {
        /** The path in the manifest of a file that is in it. */
        String path(Path file) {
            return prefix + PathBytes.text(place.relativize(file));
        }
    }

    /** For directories that are no links. */
    public TargetTree(List<TargetDirectory> directories) {
        this(directories, Optional.empty());
    }

    /** @param staying where pg_wal is, if that is not where it is planned */
    private TargetTree(List<TargetDirectory> directories, Optional<Path> staying) {
        Path data = null;
        Optional<Path> planned = Optional.empty();
        for (TargetDirectory target : directories) {
            switch (target) {
                case TargetDirectory.DataDirectory directory -> data = directory.path();
                case TargetDirectory.Tablespace tablespace -> {
                    tablespaces.put(tablespace.oid(), tablespace.path());
                    places.put(tablespace.oid(), tablespace.path());
                }
                case TargetDirectory.WalDirectory directory -> planned = Optional.of(directory.path());
            }
        }
        if (data == null) {
            throw new IllegalArgumentException("a restore has a data directory");
        }
        root = data;
        wal = staying.isPresent() ? staying : planned;
        isWalPlanned = planned.isPresent();
    }

    /** Where a tablespace or the directory for pg_wal is a link, the link stays, and what it leads to is filled. */
    public static TargetTree of(List<TargetDirectory> directories) throws IOException {
        Optional<Path> wal = Optional.empty();
        for (TargetDirectory target : directories) {
            if (target instanceof TargetDirectory.WalDirectory planned) {
                wal = Optional.of(followed(planned.path()));
            }
        }
        return new TargetTree(directories, wal).following();
    }

    /** The same over a cluster that is there: where its pg_wal is a link, that stays as well. */
    public static TargetTree over(List<TargetDirectory> directories) throws IOException {
        TargetTree plain = of(directories);
        Path link = plain.root.resolve(WAL);
        return Files.isSymbolicLink(link) && Files.isDirectory(link)
                ? new TargetTree(directories, Optional.of(link.toRealPath())).following()
                : plain;
    }

    private TargetTree following() throws IOException {
        for (Map.Entry<String, Path> each : tablespaces.entrySet()) {
            places.put(each.getKey(), followed(each.getValue()));
        }
        return this;
    }

    /** Where a link to a directory leads; anything else itself. */
    public static Path followed(Path path) throws IOException {
        return Files.isSymbolicLink(path) && Files.isDirectory(path) ? path.toRealPath() : path;
    }

    /** The data directory. */
    public Path root() {
        return root;
    }

    /** The data directory, the tablespaces, and the directory that is planned for pg_wal. */
    List<Path> roots() {
        List<Path> roots = new ArrayList<>(places.values());
        wal.filter(_ -> isWalPlanned).ifPresent(roots::add);
        roots.addFirst(root);
        return roots;
    }

    /** The roots, and where pg_wal is, if that is a link. */
    public List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(root, root, ""));
        tablespaces.forEach(
                (oid, planned) -> parts.add(new Part(places.getOrDefault(oid, planned), planned, LINKS + oid + "/")));
        wal.ifPresent(place -> parts.add(new Part(place, root, WAL + "/")));
        return parts;
    }

    /** Whether a path is a link that stays. */
    boolean isRedirected(String path) {
        return path.equals(WAL) && wal.isPresent();
    }

    /** Where the link of a tablespace or pg_wal leads; empty if the path is not one of a planned link. */
    Optional<Path> linkTarget(String path) {
        if (path.equals(WAL)) {
            return wal.filter(_ -> isWalPlanned);
        }
        return path.startsWith(LINKS)
                ? Optional.ofNullable(tablespaces.get(path.substring(LINKS.length())))
                : Optional.empty();
    }

    /**
     * The place of a directory or a file.
     *
     * @throws IOException if it is not below the data directory or a tablespace
     */
    public Path resolve(String path) throws IOException {
        try {
            return place(path);
        } catch (InvalidPathException e) {
            throw new IOException(
                    "the path '" + path + "' of the backup cannot be a path here; is the locale UTF-8?", e);
        }
    }

    private Path place(String path) throws IOException {
        if (wal.isPresent() && path.equals(WAL)) {
            return wal.get();
        }
        if (wal.isPresent() && path.startsWith(WAL + "/")) {
            return below(wal.get(), path.substring(WAL.length() + 1), path);
        }
        if (path.startsWith(LINKS)) {
            int slash = path.indexOf('/', LINKS.length());
            Path tablespace = slash < 0 ? null : places.get(path.substring(LINKS.length(), slash));
            if (tablespace != null) {
                return below(tablespace, path.substring(slash + 1), path);
            }
        }
        return below(root, path, path);
    }

    private static Path below(Path root, String rest, String path) throws IOException {
        Path place = root.resolve(PathBytes.path(rest));
        // The manifest was checked when it was read; what this guards is worth a second lock.
        if (!place.equals(place.normalize()) || !place.startsWith(root) || place.equals(root)) {
            throw new IOException("the path '" + path + "' of the backup leads out of '" + root + "'");
        }
        return place;
    }
}
