import { processPayment, refundPayment } from "../../handlers/payment";
import { days, gt, minutes, type Ref, saga, type Task } from "../../saga";
import { type Booking, bookings, issueTickets, requestApproval, sendItinerary } from "./tasks";

/** The input of an execution. */
export interface TripRequest {
  order_id: string;
  traveller: string;
  total: number;
  card_no: string;
  flight: string;
  hotel: string;
  cars: string[];
}

/**
 * Books and pays for a trip; an expensive one needs an approval first. Once it is paid, the saga only goes forward: the
 * tickets and the itinerary are retried, and never undone.
 */
export const tripBooking = saga<TripRequest>("TripBooking", { timeout: minutes(1) })
  .when(
    "Expensive",
    ({ input }) => gt(input.total, 1000),
    (s) =>
      s.query("Approve", {
        task: requestApproval,
        input: ({ input }) => ({ order_id: input.order_id, traveller: input.traveller, total: input.total }),
        timeout: days(2),
      }),
  )
  .parallel("Book", {
    flight: (s) =>
      s.step("BookFlight", {
        task: bookings.Flight.book,
        input: ({ input }) => ({ order_id: input.order_id, what: input.flight }),
        undo: cancel("CancelFlight", bookings.Flight.cancel),
      }),
    hotel: (s) =>
      s.step("BookHotel", {
        task: bookings.Hotel.book,
        input: ({ input }) => ({ order_id: input.order_id, what: input.hotel }),
        undo: cancel("CancelHotel", bookings.Hotel.cancel),
      }),
    cars: (s) =>
      s.forEach(
        "Cars",
        ({ input }) => input.cars,
        (each, car, index) =>
          each.step("RentCar", {
            task: bookings.Car.book,
            input: ({ input }) => ({ order_id: input.order_id, what: car, index }),
            undo: {
              name: "ReturnCar",
              task: bookings.Car.cancel,
              input: ({ input }) => ({ order_id: input.order_id, index }),
            },
          }),
      ),
  })
  .pivot("Pay", {
    task: processPayment,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total, card_no: input.card_no }),
    undo: cancel("Refund", refundPayment),
  })
  .step("IssueTickets", {
    task: issueTickets,
    input: ({ input, Book }) => ({ order_id: input.order_id, flight: Book.flight.BookFlight.reference }),
  })
  .step("SendItinerary", {
    task: sendItinerary,
    input: ({ input, IssueTickets, Book }) => ({
      order_id: input.order_id,
      traveller: input.traveller,
      tickets: IssueTickets.tickets,
      hotel: Book.hotel.BookHotel.reference,
    }),
  })
  .returns(({ Book, Pay, IssueTickets }) => ({
    payment_id: Pay.payment_id,
    tickets: IssueTickets.tickets,
    hotel: Book.hotel.BookHotel.reference,
    cars: Book.cars.Cars,
  }));

/** An undo whose input is the order alone. A saga is plain TypeScript, so a function can make parts of it. */
function cancel<Undone>(name: string, task: Task<Pick<Booking, "order_id">, Undone>) {
  return {
    name,
    task,
    input: ({ input }: { readonly input: Ref<TripRequest> }) => ({ order_id: input.order_id }),
  };
}
