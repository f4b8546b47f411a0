// SPDX-License-Identifier: Apache-2.0
/** Gives repositories what they lack: what is queued for them, what another repository holds, a backup just taken. */
package org.tidemark.operations.sync;
