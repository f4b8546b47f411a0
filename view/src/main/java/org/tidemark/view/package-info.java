// SPDX-License-Identifier: Apache-2.0
/**
 * How values are told: records that are JSON documents, and sentences that more than one place prints. The text of a
 * single command is beside the command.
 */
package org.tidemark.view;
