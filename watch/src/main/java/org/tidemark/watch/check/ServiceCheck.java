// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.session.RunningService;

/** Whether the serve of this host runs, and receives what it is to receive. Where none was started, nothing is said. */
final class ServiceCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.SERVICE;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        List<Finding> findings = new ArrayList<>();
        RunningService.of(host.session()).map(this::finding).ifPresent(findings::add);
        ClusterSettings cluster = host.cluster();
        cluster.receiveSlot()
                .filter(slot -> !isReceived(host))
                .map(slot -> subject()
                        .warning(
                                "no receiver of this cluster runs on this host, although receive-slot is '" + slot
                                        + "'",
                                "Let 'tidemark serve' run, and read what it prints. If the WAL is not to be received"
                                        + " any more, remove receive-slot, and the slot, which keeps WAL on the"
                                        + " server: "
                                        + CopyableCommand.of("wal-receive", "--slot", slot, "--drop-slot")))
                .ifPresent(findings::add);
        return findings;
    }

    private Finding finding(RunningService service) {
        String process = "process " + service.process().pid();
        if (service.isRunning() && service.replaced().isPresent()) {
            RunningService.Replaced replaced = service.replaced().get();
            return subject()
                    .warning(
                            "'tidemark serve', " + process + ", still runs version " + replaced.running() + ", and "
                                    + replaced.installed() + " is installed",
                            "Restart it by its service manager: until then, nothing that the newer version mends is"
                                    + " in force in it.");
        }
        return service.isRunning()
                ? subject().ok("'tidemark serve' is running, " + process)
                : subject()
                        .warning(
                                "'tidemark serve' was killed, " + process + ", and was not started again",
                                "Start it again by its service manager. To do without it, start it once, and stop"
                                        + " it.");
    }

    /** The check of the spool reports what cannot be read there. */
    private static boolean isReceived(CheckedHost host) {
        try {
            return LocalReceiver.of(host.session().spool(), host.cluster().name())
                    .filter(LocalReceiver::isRunning)
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }
}
