// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RecoveryPlan;
import org.tidemark.recoverability.RecoveryPlanner;
import org.tidemark.recoverability.SearchedWal;
import org.tidemark.recoverability.SkippedBackups;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;

/** Finds where a recovery is put, and with which settings it runs. Pure: the same catalog gives the same plan. */
public final class RestorePlanner {
    /** The plan; whether the target directory allows it is for the preflight to say. */
    public RestorePlan plan(RestoreRequest request, CatalogSnapshot catalog) {
        try {
            return plan(request, catalog, SkippedBackups.NONE, Optional.empty(), (from, paths) -> catalog.wal());
        } catch (IOException e) {
            throw new IllegalStateException("all WAL is known", e);
        }
    }

    /** The same with what {@link RecoveryPlanner#plan} takes. */
    public RestorePlan plan(
            RestoreRequest request,
            CatalogSnapshot catalog,
            SkippedBackups unusable,
            Optional<? extends SearchedWal> searched,
            RecoveryPlanner.WalListing listing)
            throws IOException {
        return switch (new RecoveryPlanner().plan(request.recovery(), catalog, unusable, searched, listing)) {
            case RecoveryPlan.NothingFits nothing -> new RestorePlan.NothingFits(request, nothing.findings());
            case RecoveryPlan.Chosen chosen -> {
                TargetDirectories directories = TargetDirectories.of(request, chosen.backup(), catalog.backups());
                List<PlanFinding> findings = new ArrayList<>(chosen.findings());
                if (request.role() instanceof Role.Recovery recovery
                        && recovery.asked()
                                .filter(asked -> asked != recovery.action())
                                .isPresent()) {
                    findings.add(PlanFinding.warning(
                            PlanFinding.Topic.SETTINGS,
                            "PostgreSQL ignores the target action if there is no target: it will promote",
                            "Name a target if it is to pause or to shut down."));
                }
                findings.addAll(directories.findings());
                yield new RestorePlan.Chosen(
                        request,
                        chosen,
                        directories.directories(),
                        new StartFrom.Empty(),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        findings);
            }
        };
    }
}
