// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import org.tidemark.archiver.BacklogDelivery.Delivered;
import org.tidemark.archiver.BacklogDelivery.Refused;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.replicate.SyncReport;

/** Is told what a sync does, as it happens. Repositories are called by their names. */
public interface SyncObserver {
    /** What was queued for a repository and is there now; in a plan, what would be delivered. It may be nothing. */
    void delivered(String repository, Delivered delivered);

    /** A queued file that the repository does not take. */
    void refused(String repository, Refused refused);

    /** One incarnation of the cluster was, or would be, copied. */
    void copied(String from, String to, SyncReport report);

    /** Nothing is copied between two repositories with different recipients unless both are named. */
    void leftAlone(String one, String other);

    /** What is copied next stays encrypted to the keys of where it comes from. */
    void otherKeys(String from, String to);

    /**
     * Files are queued for a repository that is not configured.
     *
     * @param id of the repository
     */
    void abandoned(String id, int objects);

    /** A part of the work failed; the rest goes on. */
    void failed(String what, UserFacingException problem);

    /** A copy begins. The caller closes what is returned. */
    ObjectProgress copying(String title);
}
