/** The technician's pages: the round, a visit, the orders. One chunk of the build, fetched when the first of them opens. */
import type { CrewPage } from "../router";
import { OrdersPage } from "./OrdersPage";
import { RoundPage } from "./RoundPage";
import { start } from "./state";
import { VisitPage } from "./VisitPage";
import "../style/visit.css";

start();

export default function Pages({ page, id }: { page: CrewPage; id: string | null }) {
  if (page === "visit") return <VisitPage key={id ?? ""} id={id} />;
  return page === "orders" ? <OrdersPage /> : <RoundPage id={id} />;
}
