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
import org.tidemark.restore.Place.DataDirectory;
import org.tidemark.restore.Place.Tablespace;

/**
 * Where the data directory and each tablespace will stand. Immutable.
 *
 * @param places the data directory first
 */
record PlacePlan(List<Place> places, List<Finding> findings) {
    static PlacePlan of(RestoreRequest request, BackupCandidate backup) {
        List<Place> places = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        // One in place (allow_in_place_tablespaces) is a directory within the data directory.
        List<TablespacePlace> tablespaces = backup.tablespaces().stream()
                .filter(each -> each.location().startsWith("/"))
                .toList();
        long inTablespaces =
                tablespaces.stream().mapToLong(TablespacePlace::sizeBytes).sum();
        places.add(new DataDirectory(request.directory(), Math.max(0, backup.dataSizeBytes() - inTablespaces)));
        Set<String> unused = new HashSet<>(request.tablespaces().keySet());
        for (TablespacePlace tablespace : tablespaces) {
            places.add(place(tablespace, request.tablespaces(), unused, findings));
        }
        for (String name : unused) {
            findings.add(refused(
                    "there is no tablespace '" + name + "' in backup " + backup.id(),
                    backup.tablespaces().isEmpty()
                            ? "It has no tablespaces."
                            : "Name it by its OID or the last part of its place: " + names(backup) + "."));
        }
        findings.addAll(overlaps(places));
        return new PlacePlan(List.copyOf(places), List.copyOf(findings));
    }

    private static Place place(
            TablespacePlace tablespace, Map<String, Path> moves, Set<String> unused, List<Finding> findings) {
        Path old = Path.of(tablespace.location());
        for (String name : List.of(tablespace.oidText(), lastPart(old), tablespace.location())) {
            Path moved = moves.get(name);
            if (moved != null) {
                unused.remove(name);
                if (!moved.isAbsolute()) {
                    findings.add(refused(
                            "the place of tablespace '" + name + "' is not absolute: '" + moved + "'",
                            "PostgreSQL takes absolute places alone; write it out from the root."));
                }
                Path to = moved.toAbsolutePath().normalize();
                return new Tablespace(tablespace.oidText(), to, tablespace.sizeBytes(), !to.equals(old.normalize()));
            }
        }
        return new Tablespace(tablespace.oidText(), old.normalize(), tablespace.sizeBytes(), false);
    }

    private static List<Finding> overlaps(List<Place> places) {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            for (int j = i + 1; j < places.size(); j++) {
                Path one = places.get(i).directory();
                Path other = places.get(j).directory();
                if (one.startsWith(other) || other.startsWith(one)) {
                    findings.add(refused(
                            places.get(j).title() + " and " + places.get(i).title() + " would overlap: '" + other
                                    + "', '" + one + "'",
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
