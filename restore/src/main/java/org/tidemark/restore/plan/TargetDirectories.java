// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.tidemark.recoverability.PlanFinding.Topic.SPACE;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory.DataDirectory;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory.Tablespace;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory.WalDirectory;
import org.tidemark.restore.request.RestoreRequest;

/**
 * Where the data directory and each tablespace will stand. Immutable.
 *
 * @param directories the data directory first
 */
record TargetDirectories(List<TargetDirectory> directories, List<PlanFinding> findings) {
    private static final Pattern ORDINARY = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");

    /** @param all every backup of the catalog, to say which of them has a tablespace that this one lacks */
    static TargetDirectories of(RestoreRequest request, BackupCandidate backup, List<BackupCandidate> all) {
        List<PlanFinding> findings = new ArrayList<>();
        List<TablespacePlace> tablespaces = outside(backup);
        Map<TablespacePlace, Path> moves = new HashMap<>();
        new TreeMap<>(request.places().named()).forEach((word, to) -> {
            List<TablespacePlace> meant = meant(word, tablespaces);
            if (meant.isEmpty()) {
                findings.add(refused(
                        "there is no tablespace '" + word + "' in backup " + backup.id(),
                        Stream.concat(
                                        otherBackup(word, backup, all).stream(),
                                        Stream.of(names(backup.id(), tablespaces)))
                                .collect(Collectors.joining(" "))));
            } else if (meant.size() > 1) {
                findings.add(refused(
                        "more than one tablespace has a location that ends with '" + word + "'",
                        "Say which, by its name or OID. " + names(backup.id(), meant)));
            } else if (!to.isAbsolute()) {
                findings.add(refused(
                        "the location of tablespace '" + word + "' is not absolute: '" + to + "'",
                        "Give an absolute path, one that begins with '/'."));
            } else if (moves.put(meant.getFirst(), to.normalize()) != null) {
                findings.add(refused(
                        "tablespace " + meant.getFirst().title() + " is to be put into two directories",
                        "Name it in one --tablespace only."));
            }
        });
        List<TargetDirectory> directories = new ArrayList<>();
        long inTablespaces =
                tablespaces.stream().mapToLong(TablespacePlace::sizeBytes).sum();
        directories.add(new DataDirectory(request.directory(), Math.max(0, backup.dataSizeBytes() - inTablespaces)));
        for (TablespacePlace tablespace : tablespaces) {
            Path old = Path.of(tablespace.location()).normalize();
            Path to = moves.getOrDefault(
                    tablespace,
                    request.places()
                            .below()
                            .map(below -> below.resolve(directoryOf(tablespace)))
                            .or(() ->
                                    Optional.ofNullable(request.places().links().get(tablespace.oidText())))
                            .orElse(old));
            directories.add(new Tablespace(tablespace, to, !to.equals(old)));
        }
        request.places().wal().ifPresent(place -> directories.add(new WalDirectory(place.normalize())));
        findings.addAll(overlaps(directories));
        return new TargetDirectories(List.copyOf(directories), List.copyOf(findings));
    }

    /** Its name, unless that may be a path or the OID of another one: then its OID. */
    private static String directoryOf(TablespacePlace tablespace) {
        return tablespace
                .name()
                .filter(name -> ORDINARY.matcher(name).matches())
                .orElse(tablespace.oidText());
    }

    /** One in place (allow_in_place_tablespaces) is a directory within the data directory. */
    private static List<TablespacePlace> outside(BackupCandidate backup) {
        return backup.tablespaces().stream()
                .filter(each -> each.location().startsWith("/"))
                .toList();
    }

    /**
     * What an operator means: the tablespace with this OID, else with this name, else the one at this location, else
     * those whose location has this last part. A backup of an older version knows no names.
     */
    private static List<TablespacePlace> meant(String word, List<TablespacePlace> tablespaces) {
        List<Predicate<TablespacePlace>> ways = List.of(
                each -> each.oidText().equals(word),
                each -> each.name().filter(word::equals).isPresent(),
                each -> each.location().equals(word),
                each -> lastPart(each.location()).equals(word));
        return ways.stream()
                .map(way -> tablespaces.stream().filter(way).toList())
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private static String lastPart(String location) {
        return location.substring(location.lastIndexOf('/') + 1);
    }

    private static Optional<String> otherBackup(String word, BackupCandidate backup, List<BackupCandidate> all) {
        return all.stream()
                .filter(each -> !each.id().equals(backup.id()))
                .filter(each -> meant(word, outside(each)).size() == 1)
                .max(Comparator.comparing(BackupCandidate::ended))
                .map(each -> "Backup " + each.id() + " has it: add --backup " + each.id() + ".");
    }

    private static String names(String backup, List<TablespacePlace> tablespaces) {
        return tablespaces.isEmpty()
                ? "Backup " + backup + " has no tablespaces."
                : "Backup " + backup + " has: "
                        + tablespaces.stream()
                                .map(each -> each.name()
                                                .map(name -> "'" + name + "', OID ")
                                                .orElse("") + each.oid() + " at '" + each.location() + "'")
                                .collect(Collectors.joining("; "))
                        + ".";
    }

    private static List<PlanFinding> overlaps(List<TargetDirectory> directories) {
        List<PlanFinding> findings = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            for (int j = i + 1; j < directories.size(); j++) {
                Path one = directories.get(i).path();
                Path other = directories.get(j).path();
                if (one.startsWith(other) || other.startsWith(one)) {
                    findings.add(refused(
                            directories.get(j).title() + " and "
                                    + directories.get(i).title() + " would overlap: '" + other + "', '" + one + "'",
                            "Put it elsewhere: " + directories.get(j).option(Path.of("DIR"))));
                }
            }
        }
        return findings;
    }

    private static PlanFinding refused(String message, String hint) {
        return PlanFinding.problem(ExitCode.RESTORE_REFUSED, SPACE, message, hint);
    }
}
