// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.tidemark.restore.Finding.Topic.BACKUP;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.restore.TimelineSurvey.Start;

/** Finds the backup and the WAL that lead to a recovery target. Pure: the same catalogue gives the same plan. */
public final class RestorePlanner {
    /** The plan; whether the target directory allows it is for the preflight to say. */
    public RestorePlan plan(RestoreRequest request, Catalogue catalogue) {
        return plan(request, catalogue, Set.of());
    }

    /**
     * The same without some backups, which still tell what time it was at a position.
     *
     * @param passedOver ids of backups that the restore cannot start from
     */
    RestorePlan plan(RestoreRequest request, Catalogue catalogue, Set<String> passedOver) {
        Optional<String> wanted = request.backupId();
        List<BackupCandidate> backups = catalogue.backups().stream()
                .filter(backup -> wanted.isEmpty() || wanted.get().equals(backup.id()))
                .filter(backup -> !passedOver.contains(backup.id()))
                .sorted(BackupCandidate.ALONG_THE_WAY)
                .toList();
        if (backups.isEmpty()) {
            return nothing(request, catalogue, noBackup(request, catalogue));
        }
        TimelineSurvey timelines = new TimelineSurvey(catalogue);
        List<Start> starts = timelines.starts(request.timeline(), backups);
        if (starts.isEmpty()) {
            return nothing(request, catalogue, timelines.nothingLeadsTo(request.timeline(), backups));
        }
        TargetFit fit = new TargetFit(request.target(), catalogue.backups());
        List<Start> fitting = starts.stream()
                .filter(start -> fit.comesBefore(start.backup())
                        || (wanted.isPresent() && fit.doubt(start.backup()).isPresent()))
                .toList();
        if (fitting.isEmpty()) {
            return nothing(
                    request,
                    catalogue,
                    fit.tooEarly(starts.stream().map(Start::backup).toList()));
        }
        Route route = best(fitting, fit, new RouteSurvey(request.target(), catalogue.backups()), catalogue);
        List<Finding> competing = new CompetingTimelines(catalogue).of(request, route, backups);
        String reason = fit.reason() + (passedOver.isEmpty() ? "" : " of those that can be read");
        return chosen(request, catalogue, route, fit, reason, timelines, competing);
    }

    /** The first route without a flaw, in the order in which the target prefers backups; else the least flawed. */
    private static Route best(List<Start> starts, TargetFit fit, RouteSurvey survey, Catalogue catalogue) {
        List<Start> ordered = fit.prefersOldest() ? starts : starts.reversed();
        List<Route> routes = new ArrayList<>();
        for (Start start : ordered) {
            Route route = survey.survey(start.backup(), new PathWal(start.path(), catalogue.wal()));
            if (!route.hasProblem() && !route.hasWarning() && start.backup().damagedPages() == 0) {
                return route;
            }
            routes.add(route);
        }
        // The sort is stable: among equals the preferred backup stays first.
        return routes.stream()
                .sorted(Comparator.comparing(Route::hasProblem)
                        .thenComparing(route -> route.backup().damagedPages() > 0)
                        .thenComparing(Route::hasWarning))
                .findFirst()
                .orElseThrow();
    }

    private static RestorePlan chosen(
            RestoreRequest request,
            Catalogue catalogue,
            Route route,
            TargetFit fit,
            String reason,
            TimelineSurvey timelines,
            List<Finding> competing) {
        BackupCandidate backup = route.backup();
        PlacePlan places = PlacePlan.of(request, backup);
        List<Finding> findings = new ArrayList<>(fit.remarks());
        fit.doubt(backup).ifPresent(findings::add);
        findings.addAll(competing);
        findings.addAll(timelines.beside(request.timeline(), route.path().timeline()));
        if (backup.damagedPages() > 0) {
            findings.add(Finding.warning(
                    BACKUP,
                    "backup " + backup.id() + " holds " + backup.damagedPages()
                            + " pages that were damaged in the cluster itself",
                    "See which with: tidemark show-backup " + backup.id()));
        }
        if (request.action().filter(asked -> asked != request.effectiveAction()).isPresent()) {
            findings.add(Finding.warning(
                    Finding.Topic.SETTINGS,
                    "PostgreSQL looks at no target action without a target: it will promote",
                    "Name a target if it is to pause or to shut down."));
        }
        findings.addAll(unreadable(catalogue));
        findings.addAll(route.findings());
        findings.addAll(places.findings());
        return new RestorePlan.Chosen(
                request,
                backup,
                request.backupId().isPresent() ? "chosen with --backup" : reason,
                route.path().timeline(),
                route.wal(),
                places.places(),
                findings);
    }

    private static RestorePlan nothing(RestoreRequest request, Catalogue catalogue, Finding why) {
        return new RestorePlan.NothingFits(
                request,
                Stream.concat(Stream.of(why), unreadable(catalogue).stream()).toList());
    }

    private static Finding noBackup(RestoreRequest request, Catalogue catalogue) {
        if (request.backupId().isEmpty()) {
            return Finding.problem(
                    ExitCode.NO_BACKUP,
                    BACKUP,
                    "there is no backup",
                    "Is it the right cluster and repository? See with: tidemark list-backup");
        }
        String id = request.backupId().get();
        return catalogue.unreadableBackups().contains(id)
                ? Finding.problem(
                        ExitCode.DAMAGED,
                        BACKUP,
                        "the description of backup '" + id + "' cannot be read",
                        "See what is damaged with: tidemark verify " + id)
                : Finding.problem(
                        ExitCode.NO_BACKUP,
                        BACKUP,
                        "there is no backup '" + id + "'",
                        "See which there are with: tidemark list-backup");
    }

    private static List<Finding> unreadable(Catalogue catalogue) {
        Stream<Finding> backups = catalogue.unreadableBackups().stream()
                .map(id -> Finding.warning(
                        BACKUP,
                        "backup " + id + " was not considered: its description cannot be read",
                        "See what is damaged with: tidemark verify " + id));
        return Stream.concat(catalogue.remarks().stream(), backups).toList();
    }
}
