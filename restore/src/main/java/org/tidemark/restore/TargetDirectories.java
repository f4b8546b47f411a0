// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.tidemark.restore.Finding.Topic.SPACE;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.restore.BackupCandidate.TablespacePlace;
import org.tidemark.restore.RestorePlan.TargetDirectory;
import org.tidemark.restore.RestorePlan.TargetDirectory.DataDirectory;
import org.tidemark.restore.RestorePlan.TargetDirectory.Tablespace;

/**
 * Where the data directory and each tablespace will stand. Immutable.
 *
 * @param directories the data directory first
 */
record TargetDirectories(List<TargetDirectory> directories, List<Finding> findings) {
    static TargetDirectories of(RestoreRequest request, BackupCandidate backup) {
        List<TargetDirectory> directories = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        // One in place (allow_in_place_tablespaces) is a directory within the data directory.
        List<TablespacePlace> tablespaces = backup.tablespaces().stream()
                .filter(each -> each.location().startsWith("/"))
                .toList();
        long inTablespaces =
                tablespaces.stream().mapToLong(TablespacePlace::sizeBytes).sum();
        directories.add(new DataDirectory(request.directory(), Math.max(0, backup.dataSizeBytes() - inTablespaces)));
        Set<String> unused = new HashSet<>(request.tablespaces().keySet());
        for (TablespacePlace tablespace : tablespaces) {
            directories.add(target(tablespace, request.tablespaces(), unused, findings));
        }
        for (String name : unused) {
            findings.add(refused(
                    "there is no tablespace '" + name + "' in backup " + backup.id(),
                    backup.tablespaces().isEmpty()
                            ? "It has no tablespaces."
                            : "Name it by its OID or the last part of its location: " + names(backup) + "."));
        }
        findings.addAll(overlaps(directories));
        return new TargetDirectories(List.copyOf(directories), List.copyOf(findings));
    }

    private static TargetDirectory target(
            TablespacePlace tablespace, Map<String, Path> moves, Set<String> unused, List<Finding> findings) {
        Path old = Path.of(tablespace.location());
        for (String name : List.of(tablespace.oidText(), lastPart(old), tablespace.location())) {
            Path moved = moves.get(name);
            if (moved != null) {
                unused.remove(name);
                if (!moved.isAbsolute()) {
                    findings.add(refused(
                            "the location of tablespace '" + name + "' is not absolute: '" + moved + "'",
                            "Write the absolute path, from the root directory on."));
                }
                Path to = moved.toAbsolutePath().normalize();
                return new Tablespace(tablespace.oidText(), to, tablespace.sizeBytes(), !to.equals(old.normalize()));
            }
        }
        return new Tablespace(tablespace.oidText(), old.normalize(), tablespace.sizeBytes(), false);
    }

    private static List<Finding> overlaps(List<TargetDirectory> directories) {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            for (int j = i + 1; j < directories.size(); j++) {
                Path one = directories.get(i).path();
                Path other = directories.get(j).path();
                if (one.startsWith(other) || other.startsWith(one)) {
                    findings.add(refused(
                            directories.get(j).title() + " and "
                                    + directories.get(i).title() + " would overlap: '" + other + "', '" + one + "'",
                            "Put it elsewhere with --tablespace OID=DIR."));
                }
            }
        }
        return findings;
    }

    private static String names(BackupCandidate backup) {
        List<String> names = new ArrayList<>();
        for (TablespacePlace each : backup.tablespaces()) {
            names.add(each.oidText() + " (" + each.location() + ")");
        }
        return String.join(", ", names);
    }

    private static String lastPart(Path path) {
        Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }

    private static Finding refused(String message, String hint) {
        return Finding.problem(ExitCode.RESTORE_REFUSED, SPACE, message, hint);
    }
}
